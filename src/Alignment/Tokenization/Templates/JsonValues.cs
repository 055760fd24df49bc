using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates;

/// <summary>JSON as values of a template.</summary>
internal static class JsonValues
{
    /// <summary>The members of an object: names and their values.</summary>
    public static IReadOnlyDictionary<string, Value> Members(JsonElement json) => json.EnumerateObject().ToDictionary(member => member.Name, member => Of(member.Value));

    /// <summary>One value; numbers without a point or exponent are ints.</summary>
    public static Value Of(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => new TextValue(json.GetString()!),
        JsonValueKind.True => BoolValue.True,
        JsonValueKind.False => BoolValue.False,
        JsonValueKind.Array => new ListValue([.. json.EnumerateArray().Select(Of)]),
        JsonValueKind.Object => Dict(json),
        JsonValueKind.Number => Number(json.GetRawText()),
        _ => NoneValue.None,
    };

    private static DictValue Dict(JsonElement json)
    {
        OrderedDictionary<Value, Value> entries = [];
        foreach (JsonProperty member in json.EnumerateObject())
            entries[new TextValue(member.Name)] = Of(member.Value);
        return new(entries);
    }

    private static Value Number(string text) => text.AsSpan().IndexOfAny('.', 'e', 'E') < 0 ? new IntValue(BigInteger.Parse(text, CultureInfo.InvariantCulture))
        : new FloatValue(double.Parse(text, CultureInfo.InvariantCulture));
}
