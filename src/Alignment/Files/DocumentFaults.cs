using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Alignment.Files;

/// <summary>All faults of a file that a person wrote, each with file, line and JSON path; comments and trailing commas are allowed.</summary>
/// <param name="file">Its name, for the messages.</param>
internal sealed class DocumentFaults(string file) : JsonFaults
{
    private static readonly JsonDocumentOptions s_options = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
    private readonly List<(int Line, string Text)> _faults = [];
    private byte[] _text = [];

    /// <inheritdoc/>
    public override bool Strict => true;

    /// <summary>The faults in the order of the file.</summary>
    public IReadOnlyList<string> All => [.. _faults.OrderBy(fault => fault.Line).Select(fault => fault.Text)];

    /// <summary>The members of the text's object; null, and a fault, where the text is not JSON.</summary>
    public JsonObjectReader? Read(string text)
    {
        _text = Encoding.UTF8.GetBytes(text);
        try
        {
            return new JsonObjectReader(WholeJson.Parse(_text, s_options), "$", this);
        }
        catch (HalfPairException e)
        {
            Add(e.Line, "not JSON: a string has half a surrogate pair.");
        }
        catch (JsonException e)
        {
            Add((int)(e.LineNumber ?? 0) + 1, $"not JSON: {JsonErrors.InLine(_text, e)}");
        }

        return null;
    }

    /// <summary>The place of a JSON path in a text that was read: "mine.json(12): $.policy.folder"; without the line where the text does not have it.</summary>
    public static string Place(string file, string text, string path)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        JsonElement at = WholeJson.Parse(utf8, s_options);
        foreach (string name in path.Replace("[", ".[", StringComparison.Ordinal).Split('.')[1..])
            if (!TryStep(at, name, out at))
                return $"{file}: {path}";
        return $"{file}({WholeJson.Line(utf8, JsonMarshal.GetRawUtf8Value(at))}): {path}";
    }

    // a member by its name, or an item by "[1]"
    private static bool TryStep(JsonElement from, string name, out JsonElement to)
    {
        to = default;
        if (!name.StartsWith('['))
            return from.ValueKind == JsonValueKind.Object && from.TryGetProperty(name, out to);
        int index = int.Parse(name.AsSpan(1, name.Length - 2), CultureInfo.InvariantCulture);
        if (from.ValueKind != JsonValueKind.Array || index >= from.GetArrayLength())
            return false;
        to = from[index];
        return true;
    }

    /// <inheritdoc/>
    public override void Add(JsonElement at, string reason, string text) => Add(WholeJson.Line(_text, JsonMarshal.GetRawUtf8Value(at)), text);

    private void Add(int line, string text) => _faults.Add((line, $"{file}({line}): {text}"));
}
