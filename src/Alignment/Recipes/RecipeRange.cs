using System.Globalization;
using Alignment.Files;

namespace Alignment.Recipes;

/// <summary>A range in the place of a grid's list: { "low": 1e-7, "high": 5e-6, "scale": "log", "points": 5 }.</summary>
internal static class RecipeRange
{
    // further ones are told apart by no run
    private static readonly NumberRule s_points = new(2, 100, LowIncluded: true, Whole: true);

    /// <summary>
    /// Its values, ends included, evenly spaced on the scale. The ends are spelled as given; between them values have three digits, or as many more as it takes
    /// to tell neighbours apart, and mean what is spelled.
    /// </summary>
    public static IReadOnlyList<Spelled> Read(JsonObjectReader json, JsonKind<Spelled> kind, NumberRule rule)
    {
        (Spelled low, Spelled high) = (json.Get("low", kind), json.Get("high", kind));
        int points = json.Whole("points", s_points);
        bool isLog = json.OneOf("scale", "log", "log", "linear") != "linear";
        json.Finish();
        if (low.Spelling.Length == 0 || high.Spelling.Length == 0) // told already
            return [low];
        if (low.Value >= high.Value)
            json.Fault($"low {low.Spelling} must be below high {high.Spelling}");
        else if (isLog && low.Value <= 0)
            json.Fault($"low {low.Spelling} is not on a log scale: raise it, or give \"scale\": \"linear\"");
        else if (rule.Whole && high.Value - low.Value + 1 < points)
            json.Fault($"there are no {points} whole numbers from {low.Spelling} to {high.Spelling}: lower points");
        else
            return Values(low, high, points, isLog, rule.Whole);
        return [low];
    }

    private static IReadOnlyList<Spelled> Values(Spelled low, Spelled high, int points, bool isLog, bool whole)
    {
        double[] inner = [.. Enumerable.Range(1, points - 2).Select(i => (double)i / (points - 1))
            .Select(share => isLog ? low.Value * Math.Pow(high.Value / low.Value, share) : low.Value + (high.Value - low.Value) * share)];
        if (whole) // each at least one apart, with room for those that follow
            for (int i = 0; i < inner.Length; i++)
                inner[i] = Math.Clamp(Math.Round(inner[i]), (i == 0 ? low.Value : inner[i - 1]) + 1, high.Value - (inner.Length - i));
        for (int digits = whole ? 10 : 3; ; digits++)
        {
            Spelled[] values = [low, .. inner.Select(value => Spell(value, digits)), high];
            if (digits >= 17 || values.Zip(values.Skip(1)).All(pair => pair.First.Value < pair.Second.Value))
                return values;
        }
    }

    private static Spelled Spell(double value, int digits)
    {
        double rounded = double.Parse(value.ToString($"E{digits - 1}", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        string fraction = new('#', digits + 3);
        return new(rounded, rounded.ToString(Math.Abs(rounded) is >= 1e-3 and < 1e6 or 0 ? $"0.{fraction}" : $"0.{fraction}e-0", CultureInfo.InvariantCulture));
    }
}
