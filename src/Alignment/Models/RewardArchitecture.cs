using System.Text.Json;
using Alignment.Files;

namespace Alignment.Models;

/// <summary>Which kind of model a config.json is of, as it says itself.</summary>
internal static class RewardArchitecture
{
    private static readonly JsonKind<string> s_first = new("a list of names", "", static (JsonElement value, out string read) =>
    {
        JsonElement first = value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().FirstOrDefault() : default;
        return (read = first.ValueKind == JsonValueKind.String ? first.GetString()! : null!) != null;
    });

    /// <summary>The first of architectures; empty where none is given.</summary>
    public static string Of(JsonObjectReader json) => json.Get("architectures", s_first, "");
}
