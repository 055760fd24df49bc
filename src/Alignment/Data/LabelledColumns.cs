using System.Text.Json;
using Alignment.Files;

namespace Alignment.Data;

/// <summary>Which members of a row hold a labelled response.</summary>
/// <param name="Prompt">The prompt's; null: the completion is a conversation, of which the last turn is the response.</param>
/// <param name="Completion">The response's.</param>
/// <param name="Label">The label's: true where the response is desirable.</param>
internal sealed record LabelledColumns(string? Prompt, string Completion, string Label)
{
    private static readonly JsonKind<bool> s_label = new("true or false (or 1 or 0)", false, static (JsonElement value, out bool read) =>
    {
        (bool isLabel, read) = value.ValueKind switch
        {
            JsonValueKind.True => (true, true),
            JsonValueKind.False => (true, false),
            JsonValueKind.Number => (value.TryGetDouble(out double number) && number is 0 or 1, number == 1),
            JsonValueKind.String => Of(value.GetString()!),
            _ => (false, false),
        };
        return isLabel;

        // tables of text have them so
        static (bool, bool) Of(string text) => text.ToLowerInvariant() switch { "true" or "1" => (true, true), "false" or "0" => (true, false), _ => (false, false) };
    });

    /// <summary>Names that responses have; the first that a row has is taken.</summary>
    public static IReadOnlyList<string> Completions { get; } = ["completion", "response", "output", "answer"];

    /// <summary>Names that labels have.</summary>
    public static IReadOnlyList<string> Labels { get; } = ["label", "kto_tag", "desirable"];

    /// <summary>Names that whole conversations have.</summary>
    public static IReadOnlyList<string> Conversations { get; } = ["messages", "conversations", "conversation"];

    /// <summary>What follows the prompt's text after a blank line; null: nothing does.</summary>
    public string? Input { get; init; }

    /// <summary>The system turn's; null: none is looked for.</summary>
    public string? System { get; init; } = PairColumns.Systems[0];

    /// <summary>The response is a text of JSON.</summary>
    public bool IsJson { get; init; }

    /// <summary>Turns before the prompt have a member of their own (<see cref="EarlierTurns"/>).</summary>
    public bool HaveEarlierTurns { get; init; }

    /// <summary>The columns of a row by their usual names, or null.</summary>
    public static LabelledColumns? Of(JsonObjectReader row)
    {
        string? label = Labels.FirstOrDefault(name => row.Has(name) && IsLabel(row, name));
        if (label == null)
            return null;
        string? completion = Completions.FirstOrDefault(row.Has), prompt = completion == null ? null : PairColumns.Prompts.FirstOrDefault(row.Has);
        if (prompt == null)
            completion = Conversations.Concat(Completions).FirstOrDefault(name => row.Has(name) && IsConversation(row, name));
        return completion == null ? null : new LabelledColumns(prompt, completion, label)
        {
            Input = prompt == "instruction" ? "input" : null,
            System = PairColumns.Systems.FirstOrDefault(row.Has) ?? PairColumns.Systems[0],
        }.Told(row);
    }

    /// <summary>The columns of the first row that has them; the usual ones where no row is a JSON object, so that each is told to be faulty.</summary>
    /// <param name="path">The file.</param>
    /// <param name="given">Those of the recipe, where it names some.</param>
    /// <exception cref="InvalidDataException">Rows are, and none has: the message shows the columns, two rows and the nearest layout that is known.</exception>
    public static LabelledColumns Tell(string path, LabelledColumns? given = null)
    {
        LabelledColumns? columns = given == null ? PairColumns.Rows(path).Select(Of).FirstOrDefault(told => told != null)
            : PairColumns.Rows(path).Where(row => row.Has(given.Completion)).Select(given.Told).FirstOrDefault() ?? given;
        if (columns != null)
            JsonTexts.RefusePython(path, PairColumns.Rows(path).FirstOrDefault(row => row.Has(columns.Completion)), columns.Completion);
        return columns ?? (PairColumns.Rows(path).Any() ? throw UnknownShape.Of(path) : new(PairColumns.Prompts[0], Completions[0], Labels[0]));
    }

    /// <summary>The label of a row.</summary>
    /// <exception cref="RowFault">There is none, or it is no truth value.</exception>
    public bool IsDesirable(JsonObjectReader row) => row.Get(Label, s_label);

    /// <inheritdoc/>
    public override string ToString() => (Prompt == null ? $"prompt and completion = {Completion}"
        : $"prompt = {Prompt}{(Input == null ? "" : $" and {Input}")}{EarlierTurns.Told(HaveEarlierTurns)}, completion = {Completion}")
        + $", label = {Label}{(IsJson ? ", messages in texts of JSON" : "")}";

    private LabelledColumns Told(JsonObjectReader row) => this with { IsJson = JsonTexts.Are(row, Completion), HaveEarlierTurns = EarlierTurns.Are(row, Prompt) };

    private static bool IsConversation(JsonObjectReader row, string name) => row.Member(name).IsList || JsonTexts.Are(row, name);

    private static bool IsLabel(JsonObjectReader row, string name)
    {
        try
        {
            _ = row.Get(name, s_label);
            return true;
        }
        catch (RowFault)
        {
            return false;
        }
    }
}
