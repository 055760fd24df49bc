using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Alignment.Doctor;

namespace Alignment.Tests.Gpu.Check;

/// <summary>gpu-check.json as a page of Markdown: a heading for each part, single values as a list, rows as a table.</summary>
internal static partial class CheckPage
{
    private const string BytesEnding = "Bytes", RateEnding = "BytesPerSecond";

    /// <summary>The page.</summary>
    /// <param name="result">The whole file.</param>
    public static string Of(JsonObject result)
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"# GPU check: {result["sections"]!["machine"]?["result"]?["device"] ?? "unknown device"}\n\n{Value("seconds", result["seconds"])} s in all.\n");
        foreach (CheckSection section in CheckSection.All)
        {
            JsonNode part = result["sections"]![section.Name]!;
            page.Append(CultureInfo.InvariantCulture, $"\n## {section.Title}\n\n{section.Meaning}\n");
            if (part["result"] is JsonObject found)
                Write(page, found);
            else
                page.Append(CultureInfo.InvariantCulture, $"\n**{part["status"]}**: {Line($"{part["error"] ?? part["reason"]}")}\n");
        }
        return page.ToString();
    }

    private static void Write(StringBuilder page, JsonObject values)
    {
        string[] single = [.. values.Where(value => !IsTable(value.Value) && value.Value is not JsonObject).Select(value => $"- {Words(value.Key)}: {Value(value.Key, value.Value)}\n")];
        if (single.Length > 0)
            page.Append('\n').AppendJoin("", single);
        foreach ((string name, JsonNode? value) in values)
            if (value is JsonObject inner)
            {
                page.Append(CultureInfo.InvariantCulture, $"\n### {Words(name)}\n");
                Write(page, inner);
            }
            else if (IsTable(value))
                Table(page, [.. value!.AsArray().Cast<JsonObject>()]);
    }

    // a column for each name that any row has
    private static void Table(StringBuilder page, JsonObject[] rows)
    {
        string[] columns = [.. rows.SelectMany(row => row.Select(value => value.Key)).Distinct()];
        page.Append(CultureInfo.InvariantCulture, $"\n| {string.Join(" | ", columns.Select(Words))} |\n|{string.Concat(Enumerable.Repeat("---|", columns.Length))}\n");
        foreach (JsonObject row in rows)
            page.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", columns.Select(column => Value(column, row[column])))} |\n");
    }

    private static bool IsTable(JsonNode? value) => value is JsonArray { Count: > 0 } rows && rows.All(row => row is JsonObject);

    private static string Value(string name, JsonNode? value) => value switch
    {
        null => "",
        JsonArray all => string.Join(", ", all.Select(one => Value("", one))),
        _ => value.GetValueKind() switch
        {
            JsonValueKind.True => "yes",
            JsonValueKind.False => "no",
            JsonValueKind.Number when name.EndsWith(BytesEnding, StringComparison.OrdinalIgnoreCase) => ByteCount.Text((long)Number(value)),
            JsonValueKind.Number when name.EndsWith(RateEnding, StringComparison.OrdinalIgnoreCase) => ByteCount.Text((long)Number(value)) + "/s",
            JsonValueKind.Number => Digits(Number(value)),
            _ => Line($"{value}"),
        },
    };

    private static double Number(JsonNode value) => double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture);

    // counts as they are, measured numbers with four digits
    private static string Digits(double number) => number.ToString(double.IsInteger(number) && Math.Abs(number) < 1e15 ? "F0" : "G4", CultureInfo.InvariantCulture);

    private static string Line(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).ReplaceLineEndings("<br>");

    // tokensPerSecond → tokens per second
    private static string Words(string name) => Capital().Replace(name, match => " " + match.Value.ToLowerInvariant()).Trim();

    [GeneratedRegex("[A-Z]")]
    private static partial Regex Capital();
}
