using Alignment.Reports.Numbers;
using Alignment.Reports.Tables;
using Alignment.Reports.Text;

namespace Alignment.Reports.Advice;

/// <summary>Which hyperparameters to start a method with.</summary>
internal static class SettingChoice
{
    public static IEnumerable<Finding> Of(ReportData data, MethodRuns method)
    {
        IReadOnlyList<Setting> settings = MethodSettings.Of(method);
        Setting best = settings[0];
        yield return new Finding($"Start {method.Method} with {SettingsTable.Values(best)}: mean score {Digits.Fixed(best.Score, 3)}. "
            + Others(settings.Count - 1, SettingsTable.Open(data, method).Count - 1),
            new Source("settings", best.Name, "values"), new Source("settings", best.Name, "score"), new Source("settings", best.Name, "verdict"));

        IReadOnlyList<Sensitivity> sensitivities = Sensitivity.Of(data, method);
        if (sensitivities.FirstOrDefault(row => !row.IsTriedOnce) is { } first)
        {
            bool matters = first.Variance.Share > 3 * first.Variance.ByChance;
            yield return new Finding((matters ? $"For {method.Method} tune {first.Parameter} first: it alone explains "
                    : $"No hyperparameter of {method.Method} stands out from chance in {Words.Runs(method.Ranked.Count)}: {first.Parameter} explains most, ")
                + $"{Digits.Fixed(first.Variance.Share, 2)} of the variance of its scores ({Digits.Fixed(first.Variance.ByChance, 2)} by chance).",
                new Source("sensitivity", first.Key, "variance explained"), new Source("sensitivity", first.Key, "by chance"));
        }

        foreach (Sensitivity once in sensitivities.Where(row => row.IsTriedOnce))
            yield return new Finding($"{method.Method} tried each {once.Parameter} in one run: over prompts {once.Best} is ahead of "
                + $"{(once.Worse == 0 ? "none" : Digits.Fixed(once.Worse, 0))} of the {Digits.Fixed(once.Values.Count - 1, 0)} other values; what another run with it would score is not known.",
                new Source("sensitivity", once.Key, "at the best point"), new Source("settings", best.Name, "verdict"));
    }

    /// <summary>
    /// Where the best settings of <paramref name="methods"/> lie at the edge of what was tried, and what to try: a sentence for those that are to be extended alike.
    /// </summary>
    public static IEnumerable<Finding> Edges(ReportData data, IEnumerable<MethodRuns> methods)
    {
        // an edge of a hyperparameter without effect is where the noise put the best setting
        var edges = methods.Select(method => (method.Method, Rows: Sensitivity.Of(data, method).Where(row => row.Advice is not null && row.HasEffect).ToArray()))
            .Where(method => method.Rows.Length > 0).GroupBy(method => Words.And(method.Rows.Select(row => row.Advice!)));
        foreach (var alike in edges)
            yield return new Finding($"{Words.And(alike.Select(method => $"{method.Method}'s"))} best {(alike.Count() == 1 ? "setting lies" : "settings lie")} "
                + $"at the edge of what was tried: {alike.Key}.",
                [.. alike.SelectMany(method => method.Rows).Select(row => new Source("sensitivity", row.Key, "edge of its range"))]);
    }

    /// <summary>What is known of a method's settings beside the best.</summary>
    /// <param name="others">How many there are.</param>
    /// <param name="open">How many of them cannot be told apart from it.</param>
    internal static string Others(int others, int open) => (others, open) switch
    {
        (0, _) => "No other setting was tried.",
        (1, 0) => "Its other setting scores lower on these prompts, beyond the noise.",
        (1, _) => "Its other setting cannot be told apart from it on these prompts.",
        (_, 0) => $"Its {Digits.Fixed(others, 0)} other settings score lower on these prompts, beyond the noise.",
        _ when open == others => $"None of its {Digits.Fixed(others, 0)} other settings can be told apart from it on these prompts.",
        _ => $"{Digits.Fixed(open, 0)} of its {Digits.Fixed(others, 0)} other settings cannot be told apart from it on these prompts.",
    };
}
