using Alignment.Evaluation;
using Alignment.Recipes;
using Alignment.Reports.Numbers;
using Alignment.Sweeps;

namespace Alignment.Reports.Tables;

/// <summary>averages: is the mean of a run's last checkpoints better than its last one?</summary>
internal static class AveragesTable
{
    /// <summary>A row a method and number of checkpoints; nothing where no run is an average.</summary>
    public static IEnumerable<ReportTable> Of(ReportData data)
    {
        var bySlug = data.Sweep.Runs.GroupBy(run => run.Point.Slug).ToDictionary(runs => runs.Key, runs => runs.First());
        (StoredRun Average, StoredRun Trained)[] pairs = [.. data.Sweep.Runs.Where(run => run.Point.IsAverage && bySlug.ContainsKey(Grid.Trained(run.Point).Slug))
            .Select(run => (run, bySlug[Grid.Trained(run.Point).Slug]))];
        if (pairs.Length == 0)
            yield break;
        yield return new("averages", "Is the mean of a run's last checkpoints better than its last one?",
            "Each average beside the run whose weights it is of: paired difference of the scores, mean over these runs, with its 95 % interval over the prompts. An average "
            + "takes no training of its own; \"ahead in\" counts the runs that it scores higher than.",
            new Table(
                [
                    new("method"), Column.Text("checkpoints averaged", "average"), Column.Of("runs", "runs", 0), Column.Of("ahead in", "ahead_in", 0),
                    Column.Estimates("ahead of the last one", "ahead", isChange: true),
                ],
                [
                    .. from method in data.Finished
                       from same in pairs.Where(pair => pair.Average.Point.Method == method.Method).GroupBy(pair => pair.Average.Point.Spelling(Grid.OfAverage.Name)!)
                       let leads = same.Select(pair => Lead(data, pair.Average, pair.Trained)).ToArray()
                       select (IReadOnlyList<Cell>)[method.Method, same.Key, leads.Length, leads.Count(lead => lead.Average() > 0), Mean(data, leads)],
                ]))
        {
            IsCited = false,
        };
    }

    private static double[] Lead(ReportData data, StoredRun average, StoredRun trained) =>
        [.. data.Columns(average).Score.Zip(data.Columns(trained).Score, (first, second) => first - second)];

    // [runs][prompts] -> over the prompts
    private static Estimate Mean(ReportData data, double[][] leads) => data.Bootstrap.Mean([.. leads[0].Select((_, prompt) => leads.Average(lead => lead[prompt]))]);
}
