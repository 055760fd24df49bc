using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Alignment.Recipes;

namespace Alignment.Files;

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

/// <summary>A JSON value that knows its path, its line and its spelling, so that a fault in a recipe can be pointed at.</summary>
internal sealed class JsonTree
{
    private JsonTree(JsonValueKind kind, string path, int line, string spelling) => (Kind, Path, Line, Spelling) = (kind, path, line, spelling);

    public JsonValueKind Kind { get; }

    public string Path { get; }

    public int Line { get; }

    /// <summary>The text of a string; the digits of a number as they stand in the file.</summary>
    public string Spelling { get; }

    public List<KeyValuePair<string, JsonTree>> Properties { get; } = [];

    public List<JsonTree> Items { get; } = [];

    /// <summary>Parses a file's content; comments and trailing commas are allowed.</summary>
    /// <exception cref="RecipeException">The text is not JSON.</exception>
    public static JsonTree Parse(string text, string file)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        try
        {
            reader.Read();
            JsonTree root = Value(ref reader, "$", bytes);
            reader.Read(); // throws where something follows
            return root;
        }
        catch (JsonException e)
        {
            string reason = e.Message.Split(" LineNumber:")[0];
            throw new RecipeException([$"{file}({(e.LineNumber ?? 0) + 1}): not JSON: {reason}"]);
        }
        catch (InvalidOperationException)
        {
            throw new RecipeException([$"{file}({LineAt(reader, bytes)}): not JSON: a string has half a surrogate pair."]);
        }
    }

    private static int LineAt(in Utf8JsonReader reader, byte[] bytes) => 1 + bytes.AsSpan(0, (int)reader.TokenStartIndex).Count((byte)'\n');

    private static JsonTree Value(ref Utf8JsonReader reader, string path, byte[] bytes)
    {
        int line = LineAt(reader, bytes);
        JsonTree tree = reader.TokenType switch
        {
            JsonTokenType.StartObject => new(JsonValueKind.Object, path, line, "an object"),
            JsonTokenType.StartArray => new(JsonValueKind.Array, path, line, "a list"),
            JsonTokenType.String => new(JsonValueKind.String, path, line, reader.GetString()!),
            JsonTokenType.Number => new(JsonValueKind.Number, path, line, Encoding.UTF8.GetString(reader.ValueSpan)),
            JsonTokenType.True => new(JsonValueKind.True, path, line, "true"),
            JsonTokenType.False => new(JsonValueKind.False, path, line, "false"),
            _ => new(JsonValueKind.Null, path, line, "null"),
        };
        if (tree.Kind == JsonValueKind.Object)
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
            {
                string name = reader.GetString()!;
                reader.Read();
                tree.Properties.Add(new(name, Value(ref reader, $"{path}.{name}", bytes)));
            }
        }
        else if (tree.Kind == JsonValueKind.Array)
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                tree.Items.Add(Value(ref reader, $"{path}[{tree.Items.Count}]", bytes));
        }

        return tree;
    }
}
