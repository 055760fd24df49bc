using Alignment.Reports.Text;
using Alignment.Sweeps;

namespace Alignment.Reports.Tables;

/// <summary>What a sweep was trained and tested on, as far as it was chosen for the user; its rows are named as <see cref="Source"/> cites them.</summary>
internal static class DataTable
{
    public const string Id = "data", Value = "value", Seen = "test prompts that were trained on", Distinct = "different test prompts";

    /// <summary>The table, or null where the runs do not say.</summary>
    public static ReportTable? Of(StoredSweep sweep) => FactsOf(sweep) is not { } facts ? null : new(Id, "Data",
        "What the recipe left open and what became of rows and prompts.", new Table([new("fact"), new(Value)],
        [
            ["template", $"{facts.Template}, told by {facts.TemplateToldBy}"],
            ["markers inside messages", facts.MarkersInText],
            .. facts.Labels is { } labels ? Labelled(facts, labels) : [["training pairs", Count(facts.TrainingPairs)], ["long pairs left out", Count(facts.LongPairsDropped)]],
            ["test prompts", Count(facts.TestPrompts)],
            .. facts.TestHasNoPairs ? [["test prompts' pairs", NoPairs]] : Array.Empty<IReadOnlyList<Cell>>(),
            .. facts.ResponsesPerPrompt > 1 ? [["responses to each", Count(facts.ResponsesPerPrompt)]] : Array.Empty<IReadOnlyList<Cell>>(),
            [Distinct, Count(facts.DistinctTestPrompts)],
            [Seen, Count(facts.SeenTestPrompts)],
            ["left out: trained on", Count(facts.SeenTestPromptsDropped)],
            ["left out: repeated", Count(facts.RepeatedTestPromptsDropped)],
            ["left out: long", Count(facts.LongTestPromptsDropped)],
            .. facts.Resampled is { } round ? Round(round) : [],
            .. (facts.Files ?? []).SelectMany(File),
        ]));

    // what stands in no table then
    private const string NoPairs = "none: wins against chosen responses, the judges' accuracy and the drift of chosen and rejected responses are not known";

    private static IReadOnlyList<Cell>[] Labelled(DataFacts facts, LabelFacts labels) =>
    [
        ["labelled responses", $"{Count(facts.TrainingPairs)}, {Count(labels.Desirable)} desirable and {Count(labels.Undesirable)} undesirable"],
        ["long responses left out", Count(facts.LongPairsDropped)],
    ];

    /// <summary>Of a run of the sweep that says.</summary>
    public static DataFacts? FactsOf(StoredSweep sweep) => (sweep.ChosenBy == null ? sweep.SftRuns.Concat(sweep.Runs) : sweep.Runs.Concat(sweep.SftRuns))
        .Select(run => run.Facts.Data).FirstOrDefault(facts => facts != null);

    private static IReadOnlyList<Cell>[] Round(ResampleFacts round) =>
    [
        ["round on-policy", $"{round}, from {Count(round.Responses)} responses to each"],
    ];

    private static IEnumerable<IReadOnlyList<Cell>> File(DataFileFacts file) =>
    [
        [$"{file.File} is read as", $"{file.ReadAs}; told by {file.ToldBy}"],
        [$"{file.File}: rows", $"{Count(file.Rows)}, of which {Count(file.Kept)} became {(file.IsLabelled ? "labelled responses" : "pairs")}"],
        .. new[] { ("faulty", file.Faulty), ("left out", file.LeftOut), ("noted", file.Noted) }
            .SelectMany(kind => kind.Item2.Select(reason => (IReadOnlyList<Cell>)[$"{file.File}: {kind.Item1}", $"{Count(reason.Value)} {reason.Key}"])),
    ];

    private static string Count(int count) => Digits.Fixed(count, 0);
}
