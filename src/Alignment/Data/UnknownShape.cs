using System.Text.Json;
using Alignment.Files;

namespace Alignment.Data;

/// <summary>What to say of a file whose columns are none of the known ones: its columns, two rows, the nearest layout and what to write in the recipe.</summary>
internal static class UnknownShape
{
    private const int LongestValue = 60, LongestRow = 400;
    private const string Labelled = "unpaired";

    private static readonly (string[] Columns, string Format)[] s_layouts =
    [
        (["prompt", "chosen", "rejected"], "pairs"), (["response_0", "response_1", "prompt"], "safe-rlhf"),
        (["prompt", "completion", "label"], Labelled),
        .. HelpSteerReader.Layouts.Select(columns => (new[] { columns.Prompt, columns.First, columns.Second, columns.Label }, "helpsteer")),
        .. ArenaReader.Layouts.Select(columns => (columns, "arena")),
        .. PairColumns.Prompts.Skip(1).SelectMany(prompt => PairColumns.Responses.Select(names => (new[] { prompt, names.Chosen, names.Rejected }, "pairs"))),
    ];

    private static readonly string[] s_prompts = ["prompt", "question", "instruction", "query", "input", "context", "message", "conversation", "user", "problem", "history", "post"],
        s_chosen = ["chosen", "better", "preferred", "good", "positive", "win", "accept", "best", "correct"],
        s_rejected = ["rejected", "worse", "dispreferred", "non_preferred", "bad", "negative", "lose", "loser", "reject", "worst", "incorrect"];

    /// <summary>The message of a file.</summary>
    public static InvalidDataException Of(string path)
    {
        JsonObjectReader[] rows = [.. PairColumns.Rows(path).Take(2)];
        if (rows.Length == 0)
            return new($"{path}: no row is a JSON object; one a line is wanted, or a list of them");
        (string[] nearest, string format) = s_layouts.MinBy(layout => layout.Columns.Count(name => !rows[0].Has(name)));
        string[] missing = [.. nearest.Where(name => !rows[0].Has(name))];
        string answer = missing.Length == 0 && format == Labelled ? $"They are those of format {format} ({string.Join(", ", nearest)}), but label is true or false (or 1 or 0) in no row. "
            : missing.Length == 0 ? $"They are those of format {format} ({string.Join(", ", nearest)}): give \"format\": \"{format}\" in the recipe, or leave \"format\" out. "
            : $"The nearest is {string.Join(", ", nearest)} (format {format}), for which {string.Join(" and ", missing)} would be missing. "
                + $"Name the columns in the recipe, as \"columns\": {(format == Labelled ? OfLabel(rows[0]) : Suggestion(rows[0]))}. ";
        return new($"{path}: no known layout has the columns {string.Join(", ", rows[0].Members.Select(JsonRow.Name))}. {answer}"
            + $"The first rows:{string.Concat(rows.Select(row => $"\n  {Excerpt(row)}"))}");
    }

    // by what names say; what says nothing is left for the user
    private static string Suggestion(JsonObjectReader row)
    {
        List<string> free = [.. row.Members.Where(member => member.Value.ValueKind is JsonValueKind.String or JsonValueKind.Array or JsonValueKind.Object).Select(JsonRow.Name)];
        string rejected = Take(free, s_rejected) ?? "WORSE", chosen = Take(free, s_chosen) ?? "BETTER";
        string? prompt = Take(free, s_prompts);
        return $"{{ {(prompt == null ? "" : $"\"prompt\": \"{prompt}\", ")}\"chosen\": \"{chosen}\", \"rejected\": \"{rejected}\" }}"
            + (chosen == "BETTER" || rejected == "WORSE" ? $" with the names of your columns for {string.Join(" and ", new[] { chosen, rejected }.Where(name => name is "BETTER" or "WORSE"))}" : "");
    }

    private static string OfLabel(JsonObjectReader row)
    {
        List<string> free = [.. row.Members.Where(member => member.Value.ValueKind is JsonValueKind.String or JsonValueKind.Array or JsonValueKind.Object).Select(JsonRow.Name)];
        string label = row.Members.Where(member => member.Value.ValueKind is JsonValueKind.True or JsonValueKind.False).Select(JsonRow.Name).FirstOrDefault("LABEL"),
            completion = Take(free, [.. LabelledColumns.Completions]) ?? "RESPONSE", prompt = Take(free, s_prompts) ?? "PROMPT";
        return $"{{ \"prompt\": \"{prompt}\", \"completion\": \"{completion}\", \"label\": \"{label}\" }} with the names of your columns; "
            + "of two responses to compare, \"chosen\" and \"rejected\" in place of the last two";
    }

    private static string? Take(List<string> free, string[] words)
    {
        string? taken = words.Select(word => free.FirstOrDefault(name => name.Contains(word, StringComparison.OrdinalIgnoreCase))).FirstOrDefault(name => name != null);
        if (taken != null)
            free.Remove(taken);
        return taken;
    }

    private static string Excerpt(JsonObjectReader row) =>
        Short(string.Join(", ", row.Members.Select(member => $"{JsonRow.Name(member)}: {Short(member.Value.GetRawText(), LongestValue)}")), LongestRow);

    private static string Short(string text, int longest) => text.Length <= longest ? text : text[..longest] + "…";
}
