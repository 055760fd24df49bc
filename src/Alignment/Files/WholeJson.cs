using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;

namespace Alignment.Files;

/// <summary>JSON whose strings are all whole text: what is read of it later cannot fail for broken UTF-8 or half a surrogate pair.</summary>
internal static class WholeJson
{
    /// <summary>Parses a file's content.</summary>
    /// <param name="utf8">The content; it must not change while the result is in use.</param>
    /// <param name="options">How strictly it is read.</param>
    /// <exception cref="JsonException">It is not UTF-8, not JSON, or (<see cref="HalfPairException"/>) a string or name has half a surrogate pair.</exception>
    public static JsonElement Parse(byte[] utf8, JsonDocumentOptions options = default)
    {
        if (!Utf8.IsValid(utf8))
            throw new JsonException("the file is not UTF-8");
        JsonElement root = JsonDocument.Parse(utf8, options).RootElement;
        ReadOnlySpan<byte> last = default;
        try
        {
            // only an escape can spell half a pair
            if (utf8.AsSpan().IndexOf("\\u"u8) >= 0)
                Read(root, ref last);
            return root;
        }
        catch (InvalidOperationException)
        {
            throw new HalfPairException(Line(utf8, last));
        }
    }

    /// <summary>The line, from 1, where a piece of a text stands.</summary>
    public static int Line(byte[] utf8, ReadOnlySpan<byte> piece) => utf8.AsSpan().Overlaps(piece, out int at) ? 1 + utf8.AsSpan(0, at).Count((byte)'\n') : 1;

    private static void Read(JsonElement element, ref ReadOnlySpan<byte> last)
    {
        if (element.ValueKind == JsonValueKind.String)
        {
            last = JsonMarshal.GetRawUtf8Value(element);
            element.GetString();
        }
        else if (element.ValueKind == JsonValueKind.Array)
            foreach (JsonElement item in element.EnumerateArray())
                Read(item, ref last);
        else if (element.ValueKind == JsonValueKind.Object)
            foreach (JsonProperty member in element.EnumerateObject())
            {
                last = JsonMarshal.GetRawUtf8PropertyName(member);
                _ = member.Name;
                Read(member.Value, ref last);
            }
    }
}

/// <summary>A string or name of a JSON text has half a surrogate pair.</summary>
/// <param name="line">Where, from 1.</param>
internal sealed class HalfPairException(int line) : JsonException("a string has half a surrogate pair (\\uD800 … \\uDFFF alone)")
{
    /// <summary>Where, from 1.</summary>
    public int Line { get; } = line;
}
