using System.Text.Json;
using System.Text.Json.Serialization;
using Alignment.Files;

namespace Alignment.Evaluation;

/// <summary>samples.jsonl: one <see cref="SampleRow"/> a line.</summary>
internal static class SampleFile
{
    /// <summary>Reads row by row; the file may be larger than memory.</summary>
    /// <exception cref="InvalidDataException">A line is not a sample; the message names file and line.</exception>
    public static IEnumerable<SampleRow> Read(string path)
    {
        int line = 0;
        foreach (string text in File.ReadLines(path))
        {
            line++;
            yield return Parse(text, path, line);
        }
    }

    /// <summary>The line of one sample, without the line break.</summary>
    public static string Line(SampleRow row) => JsonSerializer.Serialize(row);

    private static SampleRow Parse(string text, string path, int line)
    {
        try
        {
            return JsonSerializer.Deserialize<SampleRow>(text) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}({line}): not a sample: {JsonErrors.Place(e)}; delete the run's folder to have it made again", e);
        }
    }
}

/// <summary>A number that results from elsewhere may not have: null in JSON, not a number in memory.</summary>
internal sealed class UnknownAsNull : JsonConverter<double>
{
    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Null ? double.NaN : reader.GetDouble();

    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
    {
        if (double.IsNaN(value))
            writer.WriteNullValue();
        else
            writer.WriteNumberValue(value);
    }
}
