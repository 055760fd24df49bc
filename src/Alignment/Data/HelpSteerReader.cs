using System.Globalization;
using System.Text.Json;
using Alignment.Files;
using Alignment.Tokenization;

namespace Alignment.Data;

/// <summary>
/// Rows of two responses and a preference from −3 (the first is much better) to 3 (the second is), 0 being a tie: HelpSteer3's preferences (Wang et al.
/// 2025) and HelpSteer2's.
/// </summary>
internal static class HelpSteerReader
{
    private const string Marker = "<extra_id_1>";

    /// <summary>The names that the members have.</summary>
    public static IReadOnlyList<(string Prompt, string First, string Second, string Label)> Layouts { get; } =
        [("context", "response1", "response2", "overall_preference"), ("prompt", "response_1", "response_2", "preference_strength")];

    private static readonly JsonKind<double> s_preference = new("a number from -3 to 3", 0, static (JsonElement value, out double read) =>
    {
        read = 0;
        return (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out read)
            || value.ValueKind == JsonValueKind.String && double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out read)) && read is >= -3 and <= 3;
    });

    /// <summary>The row has the members.</summary>
    public static bool IsOne(JsonObjectReader row) => Layouts.Any(names => Fits(row, names));

    /// <exception cref="RowFault">The row is malformed or a text is empty.</exception>
    public static ReadRow Read(JsonObjectReader row, string source)
    {
        (string prompt, string first, string second, string label) = Layouts.FirstOrDefault(names => row.Has(names.Label), Layouts[0]);
        double preference = row.Get(label, s_preference);
        if (preference == 0)
            return ReadRow.Without("tie");
        IReadOnlyList<Message> turns = Prompt(row, prompt);
        string[] responses = [PlainPairReader.Response(row.Member(first), first, turns), PlainPairReader.Response(row.Member(second), second, turns)];
        int better = preference < 0 ? 0 : 1;
        return new(new PreferencePair(source, turns, responses[better], responses[1 - better]));
    }

    private static bool Fits(JsonObjectReader row, (string Prompt, string First, string Second, string Label) names) => row.Has(names.First) && row.Has(names.Second) && row.Has(names.Label);

    // HelpSteer2 writes several turns into one text, a marker and the speaker before each but the first
    private static IReadOnlyList<Message> Prompt(JsonObjectReader row, string name)
    {
        if (row.Member(name) is not { IsText: true } member || member.Read(JsonKind.Text) is not { } text || !text.Contains(Marker, StringComparison.Ordinal))
            return PlainPairReader.Prompt(row, name, isJson: JsonTexts.Are(row, name));
        string[] parts = (text.TrimStart().StartsWith(Marker, StringComparison.Ordinal) ? text : $"{Marker}User\n{text}").Split(Marker)[1..];
        return Rows.Prompt([.. parts.Select(part => Turn(part, name))], name);
    }

    private static Message Turn(string part, string name) => part.Split('\n', 2) is [var speaker, var text] && speaker.Trim() is "User" or "Assistant" or "System"
        ? new(Enum.Parse<Role>(speaker.Trim()), text.Trim())
        : throw new RowFault("wrong role", $"\"{name}\" has \"{Marker}{part[..Math.Min(part.Length, 20)]}\", wanted {Marker}User or {Marker}Assistant and a new line");
}
