using Alignment.Evaluation;
using Alignment.Reports.Numbers;
using Alignment.Reports.Tables;
using Alignment.Reports.Text;
using Alignment.Sweeps;

namespace Alignment.Reports.Advice;

/// <summary>A sentence and the table cells it is computed from; every number with decimals in it stands in one of them.</summary>
public sealed record Finding(string Text, params IReadOnlyList<Source> Sources);

/// <summary>Which hyperparameters to start a method with.</summary>
internal static class SettingChoice
{
    public static IEnumerable<Finding> Of(ReportData data, MethodRuns method)
    {
        IReadOnlyList<Setting> settings = MethodSettings.Of(method);
        Setting best = settings[0];
        int open = SettingsTable.NotToldApart(data, method);
        yield return new Finding($"Start {method.Method} with {SettingsTable.Values(best)}: mean score {Digits.Fixed(best.Score, 3)}. "
            + $"{(open == 0 ? "None" : Digits.Fixed(open, 0))} of its {Digits.Fixed(settings.Count - 1, 0)} other settings "
            + $"{(open == 1 ? "is" : "are")} indistinguishable from it on these prompts.",
            new Source("settings", best.Name, "values"), new Source("settings", best.Name, "score"), new Source("settings", best.Name, "verdict"));

        IReadOnlyList<Sensitivity> sensitivities = Sensitivity.Of(method);
        if (sensitivities.Count > 0)
        {
            Sensitivity first = sensitivities[0];
            bool matters = first.Variance.Share > 3 * first.Variance.ByChance;
            yield return new Finding((matters ? $"For {method.Method} tune {first.Parameter} first: it alone explains "
                    : $"No hyperparameter of {method.Method} stands out from chance in {Words.Runs(method.Ranked.Count)}: {first.Parameter} explains most, ")
                + $"{Digits.Fixed(first.Variance.Share, 2)} of the variance of its scores ({Digits.Fixed(first.Variance.ByChance, 2)} by chance).",
                new Source("sensitivity", first.Key, "variance explained"), new Source("sensitivity", first.Key, "by chance"));
        }

        // an edge of a hyperparameter without effect is where the noise put the best setting
        Sensitivity[] edges = [.. sensitivities.Where(row => row.Advice is not null && row.Variance.Share > row.Variance.ByChance)];
        if (edges.Length > 0)
            yield return new Finding($"{method.Method}'s best setting lies at the edge of what was tried: {Words.And(edges.Select(row => row.Advice!))}.",
                [.. edges.Select(row => new Source("sensitivity", row.Key, "edge of its range"))]);
    }
}

/// <summary>What speaks against a method, and what was checked: its gain over SFT, length, distance and the runs that failed to help.</summary>
internal static class Objections
{
    public static IEnumerable<Finding> Of(ReportData data, MethodRuns method)
    {
        StoredRun best = method.Best!;
        if (data.Sweep.Sft is { } sft)
        {
            LengthControl control = LengthTable.Compare(data, best, sft);
            string row = LengthTable.Key(method.Method, "SFT");
            yield return new Finding($"{method.Method}'s best run {Verdict(control.Raw)} the SFT model: win rate {Estimates.Text(control.Raw, 3)}, ties as half.",
                new Source("length", row, "win rate"));
            Estimate longer = data.Difference(SampleMetrics.Length, best, sft);
            string length = longer.Low > 0 ? "longer than" : longer.High < 0 ? "shorter than" : "about as long as";
            yield return new Finding($"Its answers are {length} SFT's ({Estimates.Change(longer, 1)} {data.Sweep.LengthUnit}); at equal length its win rate would be "
                + $"{Estimates.Text(control.Controlled, 3)}.",
                new Source("length", row, LengthTable.Longer(data)), new Source("length", row, "length-controlled"));
            double below = GridTable.ShareBelow(method, sft);
            yield return new Finding(below > 0
                ? $"Not every setting helps: a share of {Digits.Fixed(below, 3)} of {method.Method}'s runs scores below the SFT model."
                : $"None of {method.Method}'s runs scores below the SFT model.",
                new Source("grids", method.Method, "share below SFT"));
        }

        if (Drift(data, method) is { } drift)
            yield return drift;
    }

    private static Finding? Drift(ReportData data, MethodRuns method)
    {
        MethodRuns[] known = [.. data.Finished.Where(other => !double.IsNaN(other.Best!.Summary.MeanKlPerToken.Value))];
        if (!known.Contains(method))
            return null;
        Estimate kl = method.Best!.Summary.MeanKlPerToken;
        MethodRuns least = known.MinBy(other => other.Best!.Summary.MeanKlPerToken.Value)!;
        string text = $"{method.Method}'s best run moves {Estimates.Text(kl, 4)} nats per token from SFT";
        Source own = new("table1", method.Method, "KL per token, nats");
        return least == method
            ? new Finding($"{text}{(known.Length > 1 ? ", the least of the best runs" : "")}.", own)
            : new Finding($"{text}; {least.Method}'s best run moves least, {Estimates.Text(least.Best!.Summary.MeanKlPerToken, 4)}.",
                own, own with { Row = least.Method });
    }

    private static string Verdict(Estimate rate) => rate.Low > 0.5 ? "beats" : rate.High < 0.5 ? "loses to" : "is not distinguishable from";
}

/// <summary>What this sweep cannot tell.</summary>
internal static class Limits
{
    public static IEnumerable<Finding> Of(ReportData data)
    {
        if (data.Finished.Count > 0)
            yield return Seeds(data);
        if (data.Finished.Count > 1)
            yield return new Finding($"Best runs were picked on the same {Digits.Fixed(data.Prompts, 0)} prompts they are judged on: their scores in the tables are "
                + "optimistic, more so for larger grids. The leads between methods above are free of this.",
                [.. data.Finished.Select(method => new Source("grids", method.Method, "best"))]);
        int missing = data.Sweep.Missing.Count;
        if (missing > 0)
            yield return new Finding($"{Digits.Fixed(missing, 0)} of {Digits.Fixed(data.Sweep.Runs.Count + missing, 0)} preference runs "
                + "have no result; what they would have scored is unknown.",
                [.. data.Methods.Where(method => data.Sweep.Missing.Any(run => run.Point.Method == method.Method))
                    .Select(method => new Source("grids", method.Method, "missing"))]);
    }

    private static Finding Seeds(ReportData data)
    {
        (MethodRuns Method, SeedVariation Variation)[] known =
        [
            .. data.Finished.Select(method => (Method: method, Variation: NoiseTable.Seeds(data, method))).Where(pair => pair.Variation is not null)
                .Select(pair => (pair.Method, pair.Variation!)),
        ];
        return known.Length == 0
            ? new Finding("Every setting was trained once: what another training seed would change is not known apart from the settings.",
                [.. data.Finished.Select(method => new Source("noise", method.Method, "sd over seeds"))])
            : new Finding($"Another training seed moves a mean score by {Words.And(known.Select(pair => $"{Digits.Fixed(pair.Variation.SeedDeviation, 3)} ({pair.Method.Method})"))} "
                + "(standard deviation, prompts taken out).", [.. known.Select(pair => new Source("noise", pair.Method.Method, "sd over seeds"))]);
    }
}
