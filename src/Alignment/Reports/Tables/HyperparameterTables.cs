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
/// <param name="Advice">What to try where the best value is the first or last, or null.</param>
internal sealed record Sensitivity(MethodRuns Method, string Parameter, ExplainedVariance Variance, IReadOnlyList<string> Values, string Best, string? Advice)
{
    /// <summary>Its row in the table.</summary>
    public string Key => $"{Method.Method} {Parameter}";

    /// <summary>The hyperparameters of <paramref name="method"/> that have several values, the strongest first.</summary>
    public static IReadOnlyList<Sensitivity> Of(MethodRuns method) =>
        [.. MethodSettings.Varied(method).Select(parameter => Of(method, parameter)).OrderByDescending(all => all.Variance.Share)];

    private static Sensitivity Of(MethodRuns method, string parameter)
    {
        // runs without the hyperparameter form a group of their own
        string[] values = [.. method.Ranked.Select(run => run.Point.Parameters.FirstOrDefault(value => value.Key == parameter).Value ?? "none")];
        string[] tried = [.. values.Distinct().OrderBy(value => Number(value) ?? double.MaxValue).ThenBy(value => value, StringComparer.Ordinal)];
        string best = MethodSettings.Of(method)[0].Parameters.FirstOrDefault(value => value.Key == parameter).Value ?? "none";
        return new Sensitivity(method, parameter, ExplainedVariance.Of(method.MeanScores, values), tried, best, Extend(parameter, tried, best));
    }

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
        + "By chance: what a hyperparameter without effect would show on average.",
        new Table(
            [
                new("hyperparameter"), Column.Text("values tried", "values"), Column.Of("variance explained", "variance_explained", 2),
                Column.Of("by chance", "by_chance", 2), Column.Text("at the best point", "best_value"), Column.Text("edge of its range", "advice"),
            ],
            [
                .. data.Finished.SelectMany(Sensitivity.Of).Select(row => (IReadOnlyList<Cell>)
                [
                    row.Key, string.Join(", ", row.Values), row.Variance.Share, row.Variance.ByChance, row.Best,
                    row.Advice is null ? Cell.Empty : row.Advice,
                ]),
            ]));
}
