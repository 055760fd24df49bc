using Alignment.Evaluation;
using Alignment.Reports.Numbers;
using Alignment.Reports.Text;
using Alignment.Sweeps;

namespace Alignment.Reports.Tables;

/// <summary>The paper's Table 1: the best run of each method by mean score, with the SFT run that all of them started from.</summary>
internal static class Table1
{
    /// <summary>table1: absolute values, and where two best runs can be compared the change against the first method.</summary>
    public static ReportTable Of(ReportData data) => new("table1", "Best run of each method", Note(data), new Table(
        Columns(data),
        [
            .. data.Sweep.Sft is { } sft ? [SftRow(data, sft)] : Array.Empty<List<Cell>>(),
            .. data.Methods.Select(method => Absolute(data, method)),
        ]))
    {
        Further = data.Finished.Count > 1 && data.Methods[0].Best is { } baseline ? [Change(data, baseline)] : [],
    };

    /// <summary>As in the paper: the first method (DPO) absolute, the others as change, with the interval of the paired difference.</summary>
    private static ReportTable Change(ReportData data, StoredRun baseline) => new("table1-change", "Best run of each method as change",
        $"{data.Methods[0].Method} absolute, the others as change against it; an interval that includes 0 shows no difference.",
        new Table(Columns(data), [Absolute(data, data.Methods[0]), .. data.Methods.Skip(1).Select(method => ChangeRow(data, method, baseline))]));

    private static string Note(ReportData data)
    {
        string[] unfinished = [.. data.Methods.Where(method => method.Best is null).Select(method => method.Method)];
        return "The paper's Table 1: by mean score, absolute values; brackets: 95 % over prompts (paired bootstrap). A run's name is its folder. "
            + MetricColumn.Note(data.Sweep)
            + (unfinished.Length == 0 ? "" : $" {Words.And(unfinished)} {(unfinished.Length == 1 ? "has" : "have")} no finished run.");
    }

    private static Column[] Columns(ReportData data) =>
        [new("method"), new("run"), .. MetricColumn.In(data.Sweep).Select(column => Column.Estimates(column.Heading(data.Sweep), column.Metric.Name, column.Decimals))];

    // the model all start from does not win against itself
    private static List<Cell> SftRow(ReportData data, StoredRun sft) =>
        [sft.Point.Method, sft.Id, .. MetricColumn.In(data.Sweep).Select(column => column.Metric == SampleMetrics.WinVsSft ? Cell.Empty : column.Metric.OfRun(sft.Summary))];

    private static List<Cell> Absolute(ReportData data, MethodRuns method) => Row(data, method, (column, best) => column.Metric.OfRun(best.Summary));

    private static List<Cell> ChangeRow(ReportData data, MethodRuns method, StoredRun baseline) =>
        Row(data, method, (column, best) => Estimates.Change(data.Difference(column.Metric, best, baseline), column.Decimals));

    private static List<Cell> Row(ReportData data, MethodRuns method, Func<MetricColumn, StoredRun, Cell> cell) => method.Best is { } best
        ? [method.Method, best.Id, .. MetricColumn.In(data.Sweep).Select(column => cell(column, best))]
        : [method.Method, Cell.Empty, .. MetricColumn.In(data.Sweep).Select(_ => Cell.Empty)];
}

/// <summary>How tables write a metric.</summary>
/// <param name="Metric">The metric.</param>
/// <param name="Name">Its name for people.</param>
/// <param name="Unit">Its unit, or "" for a share or a score; lengths have the sweep's.</param>
/// <param name="Decimals">Decimals of its numbers.</param>
internal sealed record MetricColumn(SampleMetric Metric, string Name, string Unit, int Decimals)
{
    /// <summary>The six metrics in the order of the paper's Table 1, then the second estimate of KL and the share of cut responses.</summary>
    public static IReadOnlyList<MetricColumn> All { get; } =
    [
        new(SampleMetrics.Score, "score", "", 3), new(SampleMetrics.Length, "length", "", 1), new(SampleMetrics.Kl, "KL", "nats", 2),
        new(SampleMetrics.KlPerToken, "KL per token", "nats", 4), new(SampleMetrics.WinVsChosen, "win vs chosen", "", 3), new(SampleMetrics.WinVsSft, "win vs SFT", "", 3),
        new(SampleMetrics.KlK3, "KL k3", "nats", 2), new(SampleMetrics.Cut, "cut", "", 3),
    ];

    /// <summary>Those, and the shares of cut prompts and gold inputs.</summary>
    public static IReadOnlyList<MetricColumn> OfRuns { get; } =
        [.. All, new(SampleMetrics.PromptsCut, "prompts cut", "", 3), new(SampleMetrics.GoldInputsCut, "gold inputs cut", "", 3)];

    /// <summary>Those that a sweep has: without pairs among its test prompts there is no win against a chosen response.</summary>
    /// <param name="sweep">The sweep.</param>
    /// <param name="columns">Of these; null: of <see cref="All"/>.</param>
    public static IEnumerable<MetricColumn> In(StoredSweep sweep, IReadOnlyList<MetricColumn>? columns = null) =>
        (columns ?? All).Where(column => column.Metric != SampleMetrics.WinVsChosen || DataTable.FactsOf(sweep) is not { TestHasNoPairs: true });

    /// <summary>What the columns of KL and of cuts say.</summary>
    public static string Note(StoredSweep sweep) => $"KL and KL k3 estimate the distance from the {sweep.StartModel} from the run's own responses, scored under both models at temperature 1. "
        + "KL (k1) is signed: an interval below 0 shows that it fails, not that the run moves little. KL k3 is never negative. Sampling at another temperature than 1, or with top-p "
        + "below 1, bends both. Cut: share of responses that reached the limit of new tokens without an end."
        + (DataTable.FactsOf(sweep) is { TestHasNoPairs: true } ? " Wins against chosen responses are left out: the test prompts come with no pairs." : "");

    /// <summary>Name and unit, such as "length, tokens".</summary>
    public string Heading(StoredSweep sweep) =>
        (Metric == SampleMetrics.Length ? sweep.LengthUnit : Unit) is { Length: > 0 } unit ? $"{NameIn(sweep)}, {unit}" : NameIn(sweep);

    /// <summary>Name alone; wins are told against what the sweep's runs start from.</summary>
    public string NameIn(StoredSweep sweep) => Metric == SampleMetrics.WinVsSft ? $"win vs {sweep.Start}" : Name;
}
