using System.Text.Json;
using System.Text.Json.Serialization;

namespace Alignment.Evaluation;

/// <summary>A number that results from elsewhere may not have: null in JSON, not a number in memory.</summary>
internal sealed class UnknownAsNull : JsonConverter<double>
{
    public override bool HandleNull => true;

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
