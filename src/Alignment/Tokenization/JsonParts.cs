using System.Text.Json;

namespace Alignment.Tokenization;

/// <summary>Members that must be there.</summary>
internal static class JsonParts
{
    /// <exception cref="KeyNotFoundException">There is none, in words.</exception>
    public static JsonElement Part(this JsonElement parent, string name) => parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out JsonElement part) ? part
        : throw new KeyNotFoundException($"\"{name}\" is missing");
}
