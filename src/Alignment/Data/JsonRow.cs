using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Alignment.Files;

namespace Alignment.Data;

/// <summary>Rows of data files, a JSON object each; the first fault of a row ends its reading.</summary>
internal static class JsonRow
{
    private static readonly Faults s_faults = new();

    /// <summary>The members of a row.</summary>
    /// <exception cref="RowFault">The bytes are no UTF-8, no JSON or no object; what is read of it later throws the same.</exception>
    public static JsonObjectReader Parse(byte[] bytes)
    {
        if (!Utf8.IsValid(bytes))
            throw new RowFault("not UTF-8", $"byte {ValidBytes(bytes) + 1} of the line");
        try
        {
            return new(JsonElement.Parse(bytes), "", s_faults);
        }
        catch (JsonException e)
        {
            throw new RowFault("not JSON", $"byte {e.BytePositionInLine + 1} of the line{JsonErrors.Hint(bytes, e)}");
        }
    }

    /// <summary>What a text that is JSON holds.</summary>
    /// <exception cref="RowFault">It is none.</exception>
    public static JsonMember Open(string text, string name)
    {
        try
        {
            return new(JsonElement.Parse(text), new JsonPlace(null, name), s_faults);
        }
        catch (JsonException)
        {
            throw new RowFault("not JSON", $"\"{name}\" is a text that holds no whole JSON, as it does in the file's first row");
        }
    }

    /// <summary>The name of a member, whatever its bytes are.</summary>
    public static string Name(JsonProperty member)
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
        while (Rune.DecodeFromUtf8(bytes[valid..], out _, out int used) == OperationStatus.Done)
            valid += used;
        return valid;
    }

    private sealed class Faults : JsonFaults
    {
        public override bool NullIsAbsent => true;

        public override void Add(JsonElement at, string reason, string text) => throw new RowFault(reason, text);

        public override void Missing(JsonElement parent, string place, string name, string wanted) =>
            Add(parent, "missing field", Named(place.Length == 0 ? name : $"{place}.{name}"));

        public override void Wrong(JsonElement value, string place, string wanted, string? was = null) =>
            Add(value, "wrong type", $"{Named(place)} is {was ?? Describe(value)}, wanted {wanted}");

        public override void HalfPair(JsonElement value, string place) => base.HalfPair(value, Named(place));

        public override string Describe(JsonElement value) => value.ValueKind == JsonValueKind.String ? "text" : base.Describe(value);

        private static string Named(string place) => place.Length == 0 ? "the row" : $"\"{place}\"";
    }
}

/// <summary>Why a row cannot be used; the reader adds file and line.</summary>
/// <param name="reason">The kind of fault, the same words for the same kind: reports count by it.</param>
/// <param name="detail">What exactly, with values.</param>
internal sealed class RowFault(string reason, string detail) : Exception($"{reason}: {detail}")
{
    public string Reason { get; } = reason;
}
