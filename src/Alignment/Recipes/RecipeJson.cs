using System.Text.Json;
using Alignment.Files;

namespace Alignment.Recipes;

/// <summary>What recipes, and lists of imported runs, say beyond plain JSON: numbers under a rule, grids as they are spelled, names of folders.</summary>
internal static class RecipeJson
{
    /// <summary>Characters of a name that becomes a folder's, with room for what is put behind it.</summary>
    private const int LongestName = 100;

    public static string Text(this JsonObjectReader json, string name) => json.Get(name, JsonKind.Filled);

    public static IReadOnlyList<string> Texts(this JsonObjectReader json, string name) =>
        json.List(name, JsonKind.Filled, "a list with at least one string", "a list of strings");

    /// <summary>A name that becomes a folder's.</summary>
    public static string FolderName(this JsonObjectReader json, string name)
    {
        string text = json.Text(name);
        if (text.Length > LongestName)
            json.Fault($"{name} becomes a folder's name: {text.Length} characters are too many, {LongestName} are allowed");
        if (text.AsSpan().ContainsAny("/\\= :") || text.StartsWith('.'))
            json.Fault($"{name} \"{text}\" becomes a folder's name: letters, digits, '-', '_' and '.' only");
        return text;
    }

    /// <summary>One of some texts; empty after a fault.</summary>
    public static string OneOf(this JsonObjectReader json, string name, string absent, params string[] allowed) =>
        json.Get(name, JsonKind.OneOf(string.Join(" or ", allowed), allowed), absent);

    /// <summary>One of a type's values by its name in lower case.</summary>
    public static T Choice<T>(this JsonObjectReader json, string name, T absent) where T : struct, Enum =>
        Enum.TryParse(json.OneOf(name, absent.ToString().ToLowerInvariant(), [.. Enum.GetNames<T>().Select(known => known.ToLowerInvariant())]), ignoreCase: true, out T read)
            ? read : absent;

    public static double Number(this JsonObjectReader json, string name, NumberRule rule) => json.Get(name, JsonKind.Number(rule));

    public static double Number(this JsonObjectReader json, string name, NumberRule rule, double absent) => json.Get(name, JsonKind.Number(rule), absent);

    public static int Whole(this JsonObjectReader json, string name, NumberRule rule) => (int)json.Number(name, rule with { Whole = true });

    public static int Whole(this JsonObjectReader json, string name, NumberRule rule, int absent) => (int)json.Number(name, rule with { Whole = true }, absent);

    /// <summary>A grid: numbers that differ, with their spelling; a list, or a range.</summary>
    public static IReadOnlyList<Spelled> Numbers(this JsonObjectReader json, string name, NumberRule rule)
    {
        if (json.Has(name) && json.Member(name).IsObject)
            return RecipeRange.Read(json.Object(name)!, AsSpelled(rule), rule);
        IReadOnlyList<Spelled> numbers = json.List(name, AsSpelled(rule), "a list with at least one number", "a list of numbers");
        foreach (var twice in numbers.Index().GroupBy(number => number.Item.Spelling).Where(group => group.Key.Length > 0 && group.Count() > 1))
            json.Fault(name, twice.Last().Index, $"{twice.Key} is in the list twice");
        return numbers;
    }

    public static IReadOnlyList<Spelled> Numbers(this JsonObjectReader json, string name, NumberRule rule, IReadOnlyList<Spelled> absent) =>
        json.Has(name) ? json.Numbers(name, rule) : absent;

    /// <summary>All members of an object whose names are free: numbers and strings as they are spelled.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Spellings(this JsonObjectReader json, string name) => json.OptionalObject(name) is { } inner
        ? [.. inner.Members.Select(member => KeyValuePair.Create(member.Name, inner.Get(member.Name, s_spelling)))] : [];

    private static readonly JsonKind<string> s_spelling = new("a number or a string", "", static (JsonElement value, out string read) =>
    {
        read = Spelling(value);
        return value.ValueKind is JsonValueKind.Number or JsonValueKind.String;
    });

    /// <summary>A number under a rule, with its spelling.</summary>
    internal static JsonKind<Spelled> AsSpelled(NumberRule rule)
    {
        JsonKind<double> number = JsonKind.Number(rule);
        return new(rule.Wanted, new(rule.Any, ""), (JsonElement value, out Spelled read) =>
        {
            bool allowed = number.Read(value, out double plain);
            read = new(plain, Spelling(value));
            return allowed;
        });
    }

    private static string Spelling(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
}
