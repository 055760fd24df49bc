using System.Text.Json;
using System.Text.Unicode;

namespace Alignment;

/// <summary>JSON whose strings are all whole text: what is read of it later cannot fail for broken UTF-8 or half a surrogate pair.</summary>
internal static class WholeJson
{
    /// <summary>Parses a file's content.</summary>
    /// <param name="utf8">The content.</param>
    /// <param name="options">How strictly it is read.</param>
    /// <exception cref="JsonException">It is not UTF-8, not JSON, or a string or name has half a surrogate pair.</exception>
    public static JsonDocument Parse(byte[] utf8, JsonDocumentOptions options = default)
    {
        if (!Utf8.IsValid(utf8))
            throw new JsonException("the file is not UTF-8");
        JsonDocument document = JsonDocument.Parse(utf8, options);
        try
        {
            // only an escape can spell half a pair
            if (utf8.AsSpan().IndexOf("\\u"u8) >= 0)
                Read(document.RootElement);
            return document;
        }
        catch (InvalidOperationException e)
        {
            document.Dispose();
            throw new JsonException("a string has half a surrogate pair (\\uD800 … \\uDFFF alone)", e);
        }
    }

    private static void Read(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.String)
            element.GetString();
        else if (element.ValueKind == JsonValueKind.Array)
            foreach (JsonElement item in element.EnumerateArray())
                Read(item);
        else if (element.ValueKind == JsonValueKind.Object)
            foreach (JsonProperty property in element.EnumerateObject())
            {
                _ = property.Name;
                Read(property.Value);
            }
    }
}
