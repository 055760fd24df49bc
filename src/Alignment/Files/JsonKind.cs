using System.Text.Json;

namespace Alignment.Files;

/// <summary>What a JSON value must be: in words for a fault, and as code that reads it.</summary>
/// <param name="Wanted">In words.</param>
/// <param name="StandIn">Goes on in its place after a fault.</param>
/// <param name="Read">False where the value is not of this kind.</param>
internal sealed record JsonKind<T>(string Wanted, T StandIn, JsonKind<T>.Reader Read)
{
    public delegate bool Reader(JsonElement value, out T read);

    /// <summary>In words where the member is missing.</summary>
    public string InShort { get; init; } = Wanted;
}

/// <summary>The kinds more than one sort of file has.</summary>
internal static class JsonKind
{
    /// <summary>A text, be it empty.</summary>
    public static JsonKind<string> Text { get; } = new("text", "", static (JsonElement value, out string read) =>
        (read = value.ValueKind == JsonValueKind.String ? value.GetString()! : null!) != null);

    /// <summary>A text that says something.</summary>
    public static JsonKind<string> Filled { get; } = new("a string that is not empty", "", static (JsonElement value, out string read) =>
        (read = value.ValueKind == JsonValueKind.String ? value.GetString()! : "").Length > 0)
    {
        InShort = "a string",
    };

    public static JsonKind<bool> Truth { get; } = new("true or false", false, static (JsonElement value, out bool read) =>
        (read = value.ValueKind == JsonValueKind.True) || value.ValueKind == JsonValueKind.False);

    /// <summary>A count of a model's parts.</summary>
    public static JsonKind<long> Size { get; } = new("a positive integer", 1, static (JsonElement value, out long read) =>
        IsNumber(value, out read) && read is > 0 and <= int.MaxValue);

    public static JsonKind<double> Positive { get; } = new("a positive number", 1, static (JsonElement value, out double read) =>
        IsNumber(value, out read) && read > 0 && double.IsFinite(read));

    public static JsonKind<double> Finite { get; } = new("a finite number", 0, static (JsonElement value, out double read) =>
        IsNumber(value, out read) && double.IsFinite(read));

    /// <summary>As a rule says.</summary>
    public static JsonKind<double> Number(NumberRule rule) => new(rule.Wanted, rule.Any, (JsonElement value, out double read) =>
        IsNumber(value, out read) && rule.Allows(read));

    /// <summary>A whole number that is spelled as one.</summary>
    public static JsonKind<int> Whole(int least) => new($"a whole number >= {least}", least, (JsonElement value, out int read) =>
    {
        read = 0;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out read) && read >= least;
    });

    /// <summary>One of some texts.</summary>
    public static JsonKind<string> OneOf(string wanted, IEnumerable<string> allowed) => new(wanted, "", (JsonElement value, out string read) =>
        allowed.Contains(read = value.ValueKind == JsonValueKind.String ? value.GetString()! : ""));

    private static bool IsNumber(JsonElement value, out double read)
    {
        read = 0;
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out read);
    }

    private static bool IsNumber(JsonElement value, out long read)
    {
        read = 0;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out read);
    }
}
