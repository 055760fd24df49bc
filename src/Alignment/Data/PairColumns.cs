using System.Text.Json;
using Alignment.Files;

namespace Alignment.Data;

/// <summary>Which members of a row hold a pair.</summary>
/// <param name="Prompt">The prompt's; null where it stands at the beginning of both responses.</param>
/// <param name="Chosen">The preferred response's.</param>
/// <param name="Rejected">The other one's.</param>
internal sealed record PairColumns(string? Prompt, string Chosen, string Rejected)
{
    private static readonly string[] s_prompts = ["prompt", "question", "instruction", "conversations"], s_systems = ["system", "system_prompt"];

    private static readonly (string Chosen, string Rejected)[] s_responses =
        [("chosen", "rejected"), ("chosen_response", "rejected_response"), ("response_j", "response_k")];

    /// <summary>What follows the prompt's text after a blank line; null: nothing does.</summary>
    public string? Input { get; init; }

    /// <summary>The system turn's; null: none is looked for.</summary>
    public string? System { get; init; } = s_systems[0];

    /// <summary>Prompt, chosen and rejected stand in members of these names.</summary>
    public bool AreUsual => (Prompt, Chosen, Rejected) == ("prompt", "chosen", "rejected");

    /// <summary>The columns of a row by their usual names, or null.</summary>
    public static PairColumns? Of(JsonObjectReader row)
    {
        (string? chosen, string? rejected) = s_responses.FirstOrDefault(names => row.Has(names.Chosen) && row.Has(names.Rejected));
        if (chosen == null)
            return null;
        string? prompt = s_prompts.FirstOrDefault(row.Has);
        return new(prompt, chosen, rejected!)
        {
            Input = prompt == "instruction" ? "input" : null,
            System = s_systems.FirstOrDefault(row.Has) ?? s_systems[0],
        };
    }

    /// <summary>The columns of the first row that has them; the usual ones where no row is a JSON object, so that each is told to be faulty.</summary>
    /// <exception cref="InvalidDataException">Rows are, and none has: the message shows the columns, two rows and the nearest layout that is known.</exception>
    public static PairColumns Tell(string path) => Rows(path).Select(Of).FirstOrDefault(columns => columns != null)
        ?? (Rows(path).Any() ? throw Unknown(path) : new PairColumns("prompt", "chosen", "rejected"));

    /// <summary>The rows of a file that are JSON objects.</summary>
    public static IEnumerable<JsonObjectReader> Rows(string path) => JsonLines.Read(path).Select(line => Row(line.Bytes)).OfType<JsonObjectReader>();

    /// <summary>What to say of a file whose columns are none of the known ones.</summary>
    public static InvalidDataException Unknown(string path)
    {
        JsonObjectReader[] rows = [.. Rows(path).Take(2)];
        if (rows.Length == 0)
            return new($"{path}: no row is a JSON object; one a line is wanted, or a list of them");
        (string[] nearest, string format) = s_layouts.MinBy(layout => layout.Columns.Count(name => !rows[0].Has(name)));
        string missing = string.Join(" and ", nearest.Where(name => !rows[0].Has(name)));
        return new($"{path}: no known layout has the columns {string.Join(", ", rows[0].Members.Select(Name))}. "
            + $"The nearest is {string.Join(", ", nearest)} (format {format}), for which {missing} would be missing. "
            + $"Name the columns in the recipe, as \"columns\": {{ \"prompt\": \"question\", \"chosen\": \"better\", \"rejected\": \"worse\" }}. "
            + $"The first rows:{string.Concat(rows.Select(row => $"\n  {Excerpt(row)}"))}");
    }

    /// <inheritdoc/>
    public override string ToString() => $"prompt = {Prompt ?? "what both responses begin with"}{(Input == null ? "" : $" and {Input}")}, chosen = {Chosen}, rejected = {Rejected}";

    private static readonly (string[] Columns, string Format)[] s_layouts =
    [
        (["prompt", "chosen", "rejected"], "pairs"), (["response_0", "response_1", "prompt"], "safe-rlhf"),
        .. s_prompts.Skip(1).SelectMany(prompt => s_responses.Select(names => (new[] { prompt, names.Chosen, names.Rejected }, "pairs"))),
    ];

    private static string Excerpt(JsonObjectReader row)
    {
        const int Longest = 160;
        string text = string.Join(", ", row.Members.Select(member => $"{Name(member)}: {member.Value.GetRawText()}"));
        return text.Length <= Longest ? text : text[..Longest] + "…";
    }

    private static string Name(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            return "(half a surrogate pair)";
        }
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
