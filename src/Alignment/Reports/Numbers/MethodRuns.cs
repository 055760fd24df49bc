using Alignment.Evaluation;
using Alignment.Recipes;
using Alignment.Sweeps;

namespace Alignment.Reports.Numbers;

/// <summary>The finished runs of one method, best first (<see cref="TopFraction"/>); empty where none has finished.</summary>
/// <param name="Method">"DPO", "LN-DPO", "SimPO", ….</param>
/// <param name="Ranked">By mean score, highest first; equal scores by ordinal comparison of the run id.</param>
internal sealed record MethodRuns(string Method, IReadOnlyList<StoredRun> Ranked)
{
    /// <summary>The run of the highest mean score, or null.</summary>
    public StoredRun? Best => Ranked.Count > 0 ? Ranked[0] : null;

    /// <summary>The paper's best-75 % run (<see cref="TopFraction.BestOfThreeQuarters"/>), or null.</summary>
    public StoredRun? BestOfThreeQuarters => Ranked.Count > 0 ? TopFraction.BestOfThreeQuarters(Ranked) : null;

    /// <summary>[runs] the mean score of every run, best first.</summary>
    public double[] MeanScores => [.. Ranked.Select(run => run.Summary.MeanScore.Value)];

    /// <summary>Mean wall time of a run: training, generation and scoring, seconds; not a number where imported results do not say.</summary>
    public double SecondsPerRun => Ranked.Average(run => run.Facts.TrainingSeconds + run.Facts.EvaluationSeconds);

    /// <summary>The methods of <paramref name="sweep"/> in grid order, also those of which every run is missing.</summary>
    public static IReadOnlyList<MethodRuns> Of(StoredSweep sweep)
    {
        IEnumerable<string> methods = sweep.Runs.Select(run => run.Point.Method).Concat(sweep.Missing.Select(run => run.Point.Method)).Distinct();
        return
        [
            .. methods.Where(method => method is not (Grid.Sft or Grid.Start)).OrderBy(PaperOrder).Select(method => new MethodRuns(
                method,
                TopFraction.Ranked(sweep.Runs.Where(run => run.Point.Method == method), run => run.Summary.MeanScore.Value, run => run.Id))),
        ];
    }

    // the paper's order first, then the grid's: a stable sort keeps it
    private static int PaperOrder(string method) => method switch { "DPO" => 0, "LN-DPO" => 1, "SimPO" => 2, _ => 3 };
}
