using Alignment.Files;

namespace Alignment.Data;

/// <summary>Which members of a row hold a pair.</summary>
/// <param name="Prompt">The prompt's; null where it stands at the beginning of both responses.</param>
/// <param name="Chosen">The preferred response's.</param>
/// <param name="Rejected">The other one's.</param>
internal sealed record PairColumns(string? Prompt, string Chosen, string Rejected)
{
    /// <summary>Names that prompts have, the first that a row has is taken.</summary>
    public static IReadOnlyList<string> Prompts { get; } = ["prompt", "question", "instruction", "conversations", "input", "messages"];

    /// <summary>Names that system turns have.</summary>
    public static IReadOnlyList<string> Systems { get; } = ["system", "system_prompt"];

    /// <summary>Names that responses have.</summary>
    public static IReadOnlyList<(string Chosen, string Rejected)> Responses { get; } =
        [("chosen", "rejected"), ("chosen_response", "rejected_response"), ("response_j", "response_k"), ("preferred_output", "non_preferred_output")];

    /// <summary>What follows the prompt's text after a blank line; null: nothing does.</summary>
    public string? Input { get; init; }

    /// <summary>The system turn's; null: none is looked for.</summary>
    public string? System { get; init; } = Systems[0];

    /// <summary>The responses' ratings; null: there are none.</summary>
    public RatingColumns? Ratings { get; init; }

    /// <summary>The responses are whole conversations, of which a prompt that is a text is but one turn.</summary>
    public bool AreConversations { get; init; }

    /// <summary>The responses are texts of JSON.</summary>
    public bool AreJson { get; init; }

    /// <summary>Turns before the prompt have a member of their own (<see cref="EarlierTurns"/>).</summary>
    public bool HaveEarlierTurns { get; init; }

    /// <summary>The columns of a row by their usual names, or null.</summary>
    public static PairColumns? Of(JsonObjectReader row)
    {
        (string? chosen, string? rejected) = Responses.FirstOrDefault(names => row.Has(names.Chosen) && row.Has(names.Rejected));
        if (chosen == null)
            return null;
        string? prompt = Prompts.FirstOrDefault(name => row.Has(name) && !(name == "messages" && (row.Member(chosen).IsList || JsonTexts.Are(row, chosen))));
        return new PairColumns(prompt, chosen, rejected!)
        {
            Input = prompt == "instruction" ? "input" : null,
            System = Systems.FirstOrDefault(row.Has) ?? Systems[0],
        }.Told(row);
    }

    /// <summary>The columns of the first row that has them; the usual ones where no row is a JSON object, so that each is told to be faulty.</summary>
    /// <param name="path">The file.</param>
    /// <param name="given">Those of the recipe, where it names some.</param>
    /// <exception cref="InvalidDataException">Rows are, and none has: the message shows the columns, two rows and the nearest layout that is known.</exception>
    public static PairColumns Tell(string path, PairColumns? given = null)
    {
        PairColumns? columns = given == null ? Rows(path).Select(Of).FirstOrDefault(told => told != null)
            : Rows(path).Where(row => row.Has(given.Chosen) && row.Has(given.Rejected)).Select(given.Told).FirstOrDefault() ?? given;
        if (columns != null)
            JsonTexts.RefusePython(path, Rows(path).FirstOrDefault(row => row.Has(columns.Chosen)), columns.Chosen, columns.Rejected);
        return columns ?? (Rows(path).Any() ? throw UnknownShape.Of(path) : new PairColumns("prompt", "chosen", "rejected"));
    }

    /// <summary>The rows of a file that are JSON objects.</summary>
    public static IEnumerable<JsonObjectReader> Rows(string path) => JsonLines.Read(path).Select(line => Row(line.Bytes)).OfType<JsonObjectReader>();

    /// <summary>The layout's name.</summary>
    public string Shape => this switch
    {
        { AreConversations: true } => "ultrafeedback",
        { Prompt: null } => "pairs without a prompt",
        { Prompt: "conversations" } => "sharegpt pairs",
        { Prompt: "question", Chosen: "response_j" } => "stack-exchange pairs",
        _ => "pairs",
    };

    /// <inheritdoc/>
    public override string ToString() => $"prompt = {Prompt ?? "what both responses begin with"}{(Input == null ? "" : $" and {Input}")}{EarlierTurns.Told(HaveEarlierTurns)}"
        + $", chosen = {Chosen}, rejected = {Rejected}"
        + (Ratings == null ? "" : $", ratings = {Ratings.Chosen} and {Ratings.Rejected}") + (AreJson ? ", messages in texts of JSON" : "")
        + (AreConversations && Prompt != null ? ", the prompt is what both conversations begin with" : "");

    // what the values of the first row tell
    private PairColumns Told(JsonObjectReader row)
    {
        bool json = JsonTexts.Are(row, Chosen) && JsonTexts.Are(row, Rejected);
        bool lists = json || (row.Member(Chosen).IsList && row.Member(Rejected).IsList);
        return this with
        {
            Ratings = Ratings ?? RatingColumns.Of(row),
            AreJson = json,
            HaveEarlierTurns = EarlierTurns.Are(row, Prompt),
            AreConversations = AreConversations || (lists && RatingColumns.TellsOfResponses(row)),
        };
    }

    private static JsonObjectReader? Row(byte[] bytes)
    {
        try
        {
            return JsonRow.Parse(bytes);
        }
        catch (RowFault)
        {
            return null;
        }
    }
}
