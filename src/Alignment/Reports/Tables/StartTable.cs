using Alignment.Evaluation;
using Alignment.Reports.Numbers;
using Alignment.Reports.Text;
using Alignment.Sweeps;

namespace Alignment.Reports.Tables;

/// <summary>What to start each method with, and what that costs.</summary>
internal static class StartTable
{
    /// <summary>Headings that sentences cite.</summary>
    public const string Id = "start", Cost = "a run takes", Gain = "gain";

    /// <summary>start: a row a method, its best setting.</summary>
    public static ReportTable Of(ReportData data) => ReportTable.WithoutEmptyColumns(Id, "Start with",
        $"The best setting of each method. Score{(data.Sweep.Sft == null ? "" : $" and gain over the {data.Sweep.StartModel}")}: "
            + "what another run of it is expected to give on other prompts, 95 % over seeds and prompts.",
        new Table(
            [
                new("method"), new("setting"), Column.Estimates("score", "score", 2), Column.Estimates(Gain, "gain", 2, isChange: true), Column.Text(Cost, "time_per_run"),
                Column.Of("cut", "cut_share", 2), Column.Of(Distance(data).Name + ", nats", "kl", 2),
            ],
            [.. data.Finished.Select(method => Row(data, method))]));

    /// <summary>The setting a method starts with: the one of the highest mean score.</summary>
    public static Setting Setting(MethodRuns method) => MethodSettings.Of(method)[0];

    /// <summary>What another run of the setting scores above the model that all start from; null where there is none.</summary>
    public static Estimate? GainOf(ReportData data, MethodRuns method) => data.Sweep.Sft is not { } sft ? null
        : GridLead.OfOne(data.Picks(method), data.Picks(method).Settings, data.Bootstrap.Clusters, data.Columns(sft).Score).Interval(0.95);

    /// <summary>A time as people say it.</summary>
    public static string Duration(double seconds) => seconds switch
    {
        double.NaN => "time unknown",
        < 120 => $"{Digits.Fixed(seconds, 0)} s",
        < 7200 => $"{Digits.Fixed(seconds / 60, 0)} min",
        _ => $"{Digits.Fixed(seconds / 3600, 1)} h",
    };

    // never negative where it is known
    private static MetricColumn Distance(ReportData data) =>
        MetricColumn.All.First(column => column.Metric == (data.Finished.All(method => !double.IsNaN(method.Best!.Summary.MeanKlK3.Value)) ? SampleMetrics.KlK3 : SampleMetrics.Kl));

    private static IReadOnlyList<Cell> Row(ReportData data, MethodRuns method)
    {
        Setting setting = Setting(method);
        GridPicks picks = data.Picks(method);
        double Mean(SampleMetric metric) => setting.Runs.Average(run => metric.OfRun(run.Summary).Value);
        return
        [
            method.Method, SettingsTable.Values(setting), GridLead.OfOne(picks, picks.Settings, data.Bootstrap.Clusters).Interval(0.95),
            GainOf(data, method) is { } gain ? gain : Cell.Empty, double.IsNaN(method.SecondsPerRun) ? Cell.Empty : Duration(method.SecondsPerRun),
            Mean(SampleMetrics.Cut), Mean(Distance(data).Metric),
        ];
    }
}

/// <summary>What speaks against each method.</summary>
internal static class AgainstTable
{
    /// <summary>Heading of the column of runs below the model all start from.</summary>
    public static string Below(StoredSweep sweep) => $"runs below {sweep.Start}";

    /// <summary>objections: a row a method.</summary>
    public static ReportTable Of(ReportData data) => ReportTable.WithoutEmptyColumns("objections", "What speaks against it",
        $"Of each method's best run: its win rate against the {data.Sweep.StartModel} as it is and at equal length, and what it adds to the length. Of all runs: the share that scores below "
        + $"the {data.Sweep.StartModel}. Collapsed: share of the runs of repeated settings that lost over half of what the setting's median run gains. "
        + "Seeds: standard deviation of a mean score over them.",
        new Table(
            [
                new("method"), Column.Of(Below(data.Sweep), "share_below_start"), Column.Of("collapsed", "collapsed_share"), Column.Of("seeds", "sd_seeds"),
                Column.Estimates($"win vs {data.Sweep.Start}", "win_rate"), Column.Estimates("at equal length", "win_rate_length_controlled"),
                Column.Estimates(LengthTable.Longer(data), "length_difference", 1, isChange: true), Column.Estimates("cut", "cut_share"),
            ],
            [.. data.Finished.Select(method => Row(data, method))]));

    private static IReadOnlyList<Cell> Row(ReportData data, MethodRuns method)
    {
        (int collapsed, int repeated) = NoiseTable.Collapsed(data, method);
        Cell lost = repeated > 0 ? (double)collapsed / repeated : double.NaN, seeds = NoiseTable.Seeds(data, method)?.SeedDeviation ?? double.NaN;
        StoredRun best = method.Best!;
        return data.Sweep.Sft is not { } sft ? [method.Method, Cell.Empty, lost, seeds, Cell.Empty, Cell.Empty, Cell.Empty, best.Summary.CutShare]
            :
            [
                method.Method, GridTable.ShareBelow(method, sft), lost, seeds, HeadToHead.Of(data.Columns(best), data.Columns(sft), data.Bootstrap).FirstWins,
                LengthTable.Compare(data, best, sft).Controlled, data.Difference(SampleMetrics.Length, best, sft), best.Summary.CutShare,
            ];
    }
}

/// <summary>What the numbers rest on.</summary>
internal static class FactsTable
{
    /// <summary>facts: name and value, as far as the store says.</summary>
    public static ReportTable Of(ReportData data) => new("facts", "Facts", "What the numbers rest on.", new Table([new("fact"), new("value")],
        [.. Rows(data).Where(row => row.Value.Length > 0).Select(row => (IReadOnlyList<Cell>)[row.Name, row.Value])]));

    private static IEnumerable<(string Name, string Value)> Rows(ReportData data)
    {
        StoredRun[] runs = [.. data.Finished.SelectMany(method => method.Ranked)];
        DataFacts? facts = DataTable.FactsOf(data.Sweep);
        int[] seeds = [.. data.Finished.SelectMany(MethodSettings.Of).Select(setting => setting.Runs.Count).Distinct().Order()];
        double cut = runs.Select(run => run.Summary.CutShare.Value).Where(share => !double.IsNaN(share)).DefaultIfEmpty(double.NaN).Max();
        yield return ("policy", runs.Select(run => run.Facts.Environment.TryGetValue("policy", out string? policy) ? policy : "").FirstOrDefault(""));
        yield return (data.Others.Count > 0 ? "judges" : "judge", string.Join("; ", data.ByJudge.Select(by => by.Sweep.Judge).OfType<JudgeFacts>()
            .Select(judge => judge.Pairs == 0 ? $"{judge.Name}, unchecked: no test pairs" : $"{judge.Name}, right on {Estimates.Text(judge.Accuracy, 2)} of {Digits.Fixed(judge.Pairs, 0)} pairs")));
        yield return (facts?.Labels == null ? "training pairs" : "labelled responses", facts is { TrainingPairs: > 0 } ? Digits.Fixed(facts.TrainingPairs, 0)
            + (facts.Labels is { } labels ? $", {Digits.Fixed(labels.Desirable, 0)} desirable" : "") : "");
        yield return ("test prompts", Digits.Fixed(data.Prompts, 0) + (facts is { ResponsesPerPrompt: > 1 } ? $", {Digits.Fixed(facts.ResponsesPerPrompt, 0)} responses to each" : "")
            + (data.Bootstrap.Clusters.Count == data.Prompts ? "" : $", {Digits.Fixed(data.Bootstrap.Clusters.Count, 0)} different"));
        yield return ("runs", Digits.Fixed(runs.Length, 0) + (data.Sweep.Missing.Count > 0 ? $", {Digits.Fixed(data.Sweep.Missing.Count, 0)} missing" : ""));
        yield return ("seeds a setting", seeds.Length == 0 ? "" : seeds.Length == 1 ? Digits.Fixed(seeds[0], 0) : $"{Digits.Fixed(seeds[0], 0)} to {Digits.Fixed(seeds[^1], 0)}");
        yield return ("largest share cut", double.IsNaN(cut) ? "" : Digits.Fixed(cut, 2));
    }
}
