using System.Globalization;
using Alignment.Evaluation;
using Alignment.Reports.Numbers;

namespace Alignment.Reports.Tables;

/// <summary>How much each hyperparameter of a method moves its score, and whether the best setting lies at the edge of what was tried.</summary>
/// <param name="Method">The method.</param>
/// <param name="Parameter">The hyperparameter.</param>
/// <param name="Variance">Its share of the variance of the runs' scores.</param>
/// <param name="Values">Every value tried, by size where they are numbers.</param>
/// <param name="Best">Its value at the method's best setting.</param>
/// <param name="Worse">Where each value stands in one run: how many of the others are behind the best beyond the noise of the prompts; else 0.</param>
/// <param name="Advice">What to try where the best value is the first or last, or null.</param>
internal sealed record Sensitivity(MethodRuns Method, string Parameter, ExplainedVariance Variance, IReadOnlyList<string> Values, string Best, int Worse, string? Advice)
{
    /// <summary>Every value stands in one run: runs then say nothing of chance, and only prompts tell values apart.</summary>
    public bool IsTriedOnce => Variance.ByChance >= 1;

    /// <summary>Its values differ by more than chance: of the runs where values are repeated, else of the prompts.</summary>
    public bool HasEffect => IsTriedOnce ? Worse > 0 : Variance.Share > Variance.ByChance;

    /// <summary>Its row in the table.</summary>
    public string Key => $"{Method.Method} {Parameter}";

    /// <summary>The hyperparameters of <paramref name="method"/> that have several values, the strongest first.</summary>
    public static IReadOnlyList<Sensitivity> Of(ReportData data, MethodRuns method) =>
        [.. MethodSettings.Varied(method).Select(parameter => Of(method, parameter, () => SettingsTable.Open(data, method))).OrderByDescending(all => all.Variance.Share)];

    private static Sensitivity Of(MethodRuns method, string parameter, Func<IReadOnlyList<Setting>> open)
    {
        // runs without the hyperparameter form a group of their own
        string[] values = [.. method.Ranked.Select(run => Value(run.Point.Parameters, parameter))];
        string[] tried = [.. values.Distinct().OrderBy(value => Number(value) ?? double.MaxValue).ThenBy(value => value, StringComparer.Ordinal)];
        string best = Value(MethodSettings.Of(method)[0].Parameters, parameter);
        int worse = tried.Length < values.Length ? 0 : tried.Except(open().Select(setting => Value(setting.Parameters, parameter))).Count();
        return new Sensitivity(method, parameter, ExplainedVariance.Of(method.MeanScores, values), tried, best, worse, Extend(parameter, tried, best));
    }

    private static string Value(IReadOnlyList<KeyValuePair<string, string>> parameters, string name) =>
        parameters.FirstOrDefault(value => value.Key == name).Value ?? "none";

    private static string? Extend(string parameter, string[] tried, string best)
    {
        if (tried.Any(value => Number(value) is null))
            return null;
        return best == tried[0] ? $"extend {parameter} below {best}" : best == tried[^1] ? $"extend {parameter} above {best}" : null;
    }

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : null;
}

/// <summary>Which hyperparameters matter.</summary>
internal static class SensitivityTable
{
    /// <summary>sensitivity: a row a method and hyperparameter.</summary>
    public static ReportTable Of(ReportData data) => new("sensitivity", "Which hyperparameters matter?",
        "Share of the variance of a method's mean scores that goes with each hyperparameter alone (one-way analysis of variance). "
        + "By chance: what a hyperparameter without effect would show on average; 1 where each value stands in one run, and runs cannot tell.",
        new Table(
            [
                new("hyperparameter"), Column.Text("values tried", "values"), Column.Of("variance explained", "variance_explained", 2),
                Column.Of("by chance", "by_chance", 2), Column.Text("at the best point", "best_value"), Column.Text("edge of its range", "advice"),
            ],
            [
                .. data.Finished.SelectMany(method => Sensitivity.Of(data, method)).Select(row => (IReadOnlyList<Cell>)
                [
                    row.Key, string.Join(", ", row.Values), row.Variance.Share, row.Variance.ByChance, row.Best,
                    row.Advice is null ? Cell.Empty : row.Advice,
                ]),
            ]));
}
