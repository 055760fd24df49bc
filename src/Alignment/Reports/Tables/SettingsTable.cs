using Alignment.Evaluation;
using Alignment.Recipes;
using Alignment.Reports.Numbers;
using Alignment.Reports.Text;

namespace Alignment.Reports.Tables;

/// <summary>Every setting of every method beside the best one of its method.</summary>
internal static class SettingsTable
{
    /// <summary>settings: a row a setting, best first.</summary>
    public static ReportTable Of(ReportData data) => new("settings", "How far is each setting behind the best of its method?",
        "Mean score over a setting's seeds, and the paired difference to the method's best setting with its 95 % interval over prompts. A setting "
        + "whose interval reaches 0 cannot be told apart from the best one here.",
        new Table(
            [
                new("setting"), new("method"), new("values"), Column.Of("seeds", "seeds", 0), Column.Of("score", "mean_score"),
                Column.Estimates("behind the best", "behind_best"), new("verdict"),
            ],
            [.. data.Finished.SelectMany(method => Rows(data, method))]));

    /// <summary>The best setting of a method and those that cannot be told apart from it.</summary>
    public static IReadOnlyList<Setting> Open(ReportData data, MethodRuns method) =>
        [.. Behind(data, method).Where((behind, rank) => rank == 0 || behind.Estimate.Low <= 0).Select(behind => behind.Setting)];

    /// <summary>The hyperparameters of a setting in words; γ/β, which follows from β and γ, is left out.</summary>
    internal static string Values(Setting setting) => setting.Parameters.Count == 0 ? setting.Name
        : Words.And(setting.Parameters.Where(value => setting.Parameters.All(other => Methods.OverBeta(other.Key) != value.Key))
            .Select(value => $"{value.Key} {value.Value}"));

    private static IEnumerable<IReadOnlyList<Cell>> Rows(ReportData data, MethodRuns method) => Behind(data, method).Select((behind, rank) => (IReadOnlyList<Cell>)
    [
        behind.Setting.Name, method.Method, Values(behind.Setting), behind.Setting.Runs.Count, behind.Setting.Score, rank == 0 ? Cell.Empty : behind.Estimate,
        rank == 0 ? "best" : behind.Estimate.Low > 0 ? "worse" : "not told apart",
    ]);

    private static IEnumerable<(Setting Setting, Estimate Estimate)> Behind(ReportData data, MethodRuns method)
    {
        IReadOnlyList<Setting> settings = MethodSettings.Of(method);
        double[][] scores = [.. settings.Select(setting => Mean([.. setting.Runs.Select(run => data.Columns(run).Score)]))];
        return settings.Zip(data.Bootstrap.Means([.. scores.Select(run => scores[0].Zip(run, (best, x) => best - x).ToArray())]));
    }

    // [seeds][prompts] -> [prompts]
    private static double[] Mean(double[][] seeds) =>
        seeds.Length == 1 ? seeds[0] : [.. seeds[0].Select((_, prompt) => seeds.Average(scores => scores[prompt]))];
}
