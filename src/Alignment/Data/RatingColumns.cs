using System.Globalization;
using System.Text.Json;
using Alignment.Files;

namespace Alignment.Data;

/// <summary>Two members of a row that rate its responses: how the pair was made, and a check of its labels.</summary>
/// <param name="Chosen">The preferred response's.</param>
/// <param name="Rejected">The other one's.</param>
internal sealed record RatingColumns(string Chosen, string Rejected)
{
    /// <summary>Kinds of rows, as reports count them.</summary>
    public const string Equal = "equal ratings", Contrary = "ratings contradict the labels", Absent = "no rating";

    private static readonly string[] s_words = ["score", "rating", "reward"];

    // a text that is a number stands in files that were tables of text once
    private static readonly JsonKind<double> s_number = new("a number", double.NaN, static (JsonElement value, out double read) =>
    {
        read = double.NaN;
        return value.ValueKind switch
        {
            JsonValueKind.Number => value.TryGetDouble(out read),
            JsonValueKind.String => double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out read),
            _ => false,
        };
    });

    /// <summary>The ratings of a row by their names (score_chosen, chosen_rating, chosen-rating, …), or null.</summary>
    public static RatingColumns? Of(JsonObjectReader row) => Pairs(row).FirstOrDefault(pair => s_words.Any(word => pair.Chosen.Contains(word, StringComparison.OrdinalIgnoreCase))
        && IsNumber(row, pair.Chosen) && IsNumber(row, pair.Rejected));

    /// <summary>A row of a mixture of models' answers tells more of each than its text: chosen_model, score_chosen and the like.</summary>
    public static bool TellsOfResponses(JsonObjectReader row) => Pairs(row).Any();

    /// <summary>What the ratings say against the labels, or null.</summary>
    /// <exception cref="RowFault">One is no number.</exception>
    public string? Against(JsonObjectReader row)
    {
        (double chosen, double rejected) = (row.Get(Chosen, s_number, double.NaN), row.Get(Rejected, s_number, double.NaN));
        return double.IsNaN(chosen) || double.IsNaN(rejected) ? Absent : chosen == rejected ? Equal : chosen < rejected ? Contrary : null;
    }

    private static IEnumerable<RatingColumns> Pairs(JsonObjectReader row)
    {
        HashSet<string> names = [.. row.Members.Select(JsonRow.Name)];
        return names.Where(name => name.Contains("chosen", StringComparison.Ordinal) && name is not ("chosen" or "chosen_response"))
            .Select(name => new RatingColumns(name, name.Replace("chosen", "rejected", StringComparison.Ordinal))).Where(pair => names.Contains(pair.Rejected));
    }

    private static bool IsNumber(JsonObjectReader row, string name)
    {
        try
        {
            row.Get(name, s_number, 0);
            return true;
        }
        catch (RowFault)
        {
            return false;
        }
    }
}
