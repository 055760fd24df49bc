using Alignment.Evaluation;
using Alignment.Reports.Text;

namespace Alignment.Reports.Numbers;

/// <summary>Two methods compared after as many runs each.</summary>
/// <param name="First">The method ahead.</param>
/// <param name="Second">The other.</param>
/// <param name="Trials">Runs of each.</param>
/// <param name="Lead">Expected score of the first's pick minus that of the second's on prompts that did not choose it; interval corrected for the number of pairs.</param>
/// <param name="PromptsP">p-value over prompts: would other prompts turn the lead (<see cref="SignFlipTest"/>)?</param>
/// <param name="RunsP">p-value over runs: would other runs of the same methods (<see cref="LabelTest"/>)?</param>
/// <param name="CorrectedP">The larger of both, corrected for the number of comparisons, pairs × budgets (<see cref="Holm"/>).</param>
/// <param name="Chance">How often the first's pick scores higher, over random choices of runs and prompts.</param>
internal sealed record MethodComparison(
    MethodRuns First, MethodRuns Second, int Trials, Estimate Lead, double PromptsP, double RunsP, double CorrectedP, double Chance)
{
    /// <summary>The lead is outside the noise of prompts and of runs at 5 %.</summary>
    public bool IsFound => CorrectedP < 0.05 && Lead.Value > 0;

    /// <summary>Its row in the tables.</summary>
    public string Key => $"{First.Method} − {Second.Method}, k = {Digits.Fixed(Trials, 0)}";
}

/// <summary>
/// All pairs of methods at budgets of 1, 5 and 20 runs, or the most that every method has. A lead counts only if neither other prompts nor other
/// runs are likely to turn it. The p-values are corrected over all pairs and budgets: where the methods are equal, the chance that any lead
/// is called real stays below 5 %.
/// </summary>
/// <param name="Trials">The budgets, ascending.</param>
/// <param name="All">Every pair at every budget.</param>
internal sealed record MethodComparisons(IReadOnlyList<int> Trials, IReadOnlyList<MethodComparison> All)
{
    /// <summary>The budgets users ask for.</summary>
    public static IReadOnlyList<int> Budgets { get; } = [1, 5, 20];

    /// <summary>Compares the methods of a sweep that have finished runs.</summary>
    public static MethodComparisons Of(ReportData data)
    {
        IReadOnlyList<MethodRuns> methods = data.Finished;
        if (methods.Count == 0)
            return new MethodComparisons([], []);
        int most = methods.Min(method => method.Ranked.Count);
        int[] trials = [.. Budgets.Select(budget => Math.Min(budget, most)).Distinct()];
        MethodComparison[] all = [.. trials.SelectMany(k => At(data, methods, k))];
        double[] corrected = Holm.Adjusted([.. all.Select(comparison => comparison.CorrectedP)]);
        return new MethodComparisons(trials, [.. all.Select((comparison, i) => comparison with { CorrectedP = corrected[i] })]);
    }

    private static IEnumerable<MethodComparison> At(ReportData data, IReadOnlyList<MethodRuns> methods, int trials)
    {
        MethodRuns[] ranked =
            [.. methods.OrderByDescending(method => HeldOutBest.Column(data.Scores(method), trials, data.Sweep.Seed).Average())];
        (MethodRuns First, MethodRuns Second)[] pairs =
            [.. ranked.SelectMany((first, i) => ranked.Skip(i + 1).Select(second => (first, second)))];
        return pairs.Select(pair => Compare(data, pair.First, pair.Second, trials, pairs.Length));
    }

    private static MethodComparison Compare(ReportData data, MethodRuns first, MethodRuns second, int trials, int pairs)
    {
        var test = BudgetTest.Of(data.Scores(first), data.Scores(second), SettingScores(first), SettingScores(second), trials, data.Sweep.Seed);
        return new MethodComparison(first, second, trials, data.Bootstrap.Mean(test.Lead, 1 - 0.05 / pairs), test.PromptsP, test.RunsP, CorrectedP: test.P,
            data.Draws(first).ChanceToBeat(data.Draws(second), trials));
    }

    // repeated seeds of one setting are no independent runs of the method
    private static double[] SettingScores(MethodRuns method) => [.. MethodSettings.Of(method).Select(setting => setting.Score)];
}
