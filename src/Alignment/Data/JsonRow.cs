using System.Text.Json;
using System.Text.Unicode;

namespace Alignment.Data;

/// <summary>One row of a data file: members by name, with faults that say what was there.</summary>
internal readonly struct JsonRow
{
    private readonly JsonElement _row;

    private JsonRow(JsonElement row) => _row = row;

    /// <exception cref="RowFault">The bytes are no UTF-8, no JSON or no object.</exception>
    public static JsonRow Parse(byte[] bytes)
    {
        if (!Utf8.IsValid(bytes))
            throw new RowFault("not UTF-8", $"byte {ValidBytes(bytes) + 1} of the line");
        try
        {
            JsonElement row = JsonElement.Parse(bytes);
            return row.ValueKind == JsonValueKind.Object ? new(row) : throw new RowFault("wrong type", $"the row is {Name(row)}, wanted an object");
        }
        catch (JsonException e)
        {
            throw new RowFault("not JSON", $"byte {e.BytePositionInLine + 1} of the line");
        }
    }

    /// <summary>The names of all members.</summary>
    public IEnumerable<string> Names => _row.EnumerateObject().Select(member => Name(member));

    /// <summary>The member, which must be there.</summary>
    public JsonElement Member(string name) => _row.TryGetProperty(name, out JsonElement value)
        ? value
        : throw new RowFault("missing field", $"\"{name}\"");

    /// <summary>The member, or null where it is absent or null.</summary>
    public JsonElement? Optional(string name) => _row.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A member that must be text.</summary>
    public string Text(string name) => Text(Member(name), name);

    /// <summary>A member that must be true or false.</summary>
    public bool Truth(string name) => Member(name) is { ValueKind: JsonValueKind.True or JsonValueKind.False } value
        ? value.GetBoolean()
        : throw new RowFault("wrong type", $"\"{name}\" is {Name(Member(name))}, wanted true or false");

    /// <summary>A member that must be 0 or 1.</summary>
    public int ZeroOrOne(string name) => Member(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out int id) && id is 0 or 1
        ? id
        : throw new RowFault("wrong type", $"\"{name}\" is {Name(Member(name))}, wanted 0 or 1");

    /// <summary>An element that must be a finite number.</summary>
    public static double Number(JsonElement value, string name) => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number)
        ? number
        : throw new RowFault("wrong type", $"\"{name}\" is {Name(value)}, wanted a finite number");

    /// <summary>An element that must be text of whole characters.</summary>
    public static string Text(JsonElement value, string name)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String
                ? value.GetString()!
                : throw new RowFault("wrong type", $"\"{name}\" is {Name(value)}, wanted text");
        }
        catch (InvalidOperationException)
        {
            throw new RowFault("not UTF-8", $"\"{name}\" has half a surrogate pair (\\uD800 … \\uDFFF alone)");
        }
    }

    /// <summary>What an element is, in words.</summary>
    public static string Name(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "text",
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => "null",
    };

    private static string Name(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            return "(half a surrogate pair)";
        }
    }

    private static int ValidBytes(ReadOnlySpan<byte> bytes)
    {
        int valid = 0;
        while (System.Text.Rune.DecodeFromUtf8(bytes[valid..], out _, out int used) == System.Buffers.OperationStatus.Done)
            valid += used;
        return valid;
    }
}
