using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Alignment.Files;
using Alignment.Tokenization;

namespace Alignment.Recipes;

/// <summary>Reads what a recipe gives the chat template of a model's folder.</summary>
internal static partial class RecipeTemplateReader
{
    private const string Variables = "templateVariables", Date = "templateDate";
    private static readonly string[] s_formats = ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm:ss"], s_own = ["messages", "add_generation_prompt"];

    private static readonly JsonKind<string> s_variables = new("an object of variables: names of letters, digits and _, other than messages and add_generation_prompt", "{}",
        static (JsonElement value, out string read) =>
    {
        bool good = value.ValueKind == JsonValueKind.Object && value.EnumerateObject().All(member => Identifier().IsMatch(member.Name) && !s_own.Contains(member.Name));
        read = good ? JsonSerializer.Serialize(value) : "{}";
        return good;
    });

    private static readonly JsonKind<DateTime?> s_date = new("a date such as \"2026-03-05\" or \"2026-03-05T09:00:00\"", null, static (JsonElement value, out DateTime? read) =>
    {
        bool good = DateTime.TryParseExact(value.ValueKind == JsonValueKind.String ? value.GetString() : null, s_formats, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime date);
        read = good ? date : null;
        return good;
    });

    /// <summary>The members templateVariables and templateDate of the recipe's data, or of its gold model.</summary>
    public static TemplateSettings Settings(JsonObjectReader json)
    {
        TemplateSettings settings = new() { Variables = json.Get(Variables, s_variables, "{}"), Date = json.Get(Date, s_date, null) };
        if (settings.AreGiven && json.Has("template"))
            json.Fault($"has \"template\" beside {string.Join(" and ", new[] { Variables, Date }.Where(json.Has).Select(name => $"\"{name}\""))}: "
                + "a template known by name takes none; leave \"template\" out to use the folder's own");
        return settings;
    }

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$")]
    private static partial Regex Identifier();
}
