using System.Text.Json;
using System.Text.Unicode;
using TorchSharp;

namespace Alignment.Checkpoints.Safetensors;

/// <summary>One tensor of a safetensors file.</summary>
/// <param name="Name">Its key.</param>
/// <param name="Type">Its element type.</param>
/// <param name="Shape">Its sizes; empty for a scalar.</param>
/// <param name="Begin">First byte, counted from the end of the header.</param>
/// <param name="End">One past its last byte.</param>
internal sealed record SafetensorsEntry(string Name, torch.ScalarType Type, long[] Shape, long Begin, long End);

/// <summary>Reads the JSON header of a safetensors file and refuses every header that the format's specification does not allow.</summary>
internal static class SafetensorsHeader
{
    /// <summary>The key of the file's own strings.</summary>
    public const string MetadataKey = "__metadata__";

    private const int MaxDimensions = 64;
    private static readonly JsonDocumentOptions s_json = new() { MaxDepth = 8 };

    /// <summary>Entries in the order of their bytes, and the metadata.</summary>
    /// <param name="file">Named in messages.</param>
    /// <param name="json">The header's bytes.</param>
    /// <param name="dataBytes">Bytes that follow the header.</param>
    /// <exception cref="InvalidDataException">The first fault found, with the tensor and its values.</exception>
    public static (SafetensorsEntry[] Entries, Dictionary<string, string> Metadata) Parse(string file, byte[] json, long dataBytes)
    {
        if (!Utf8.IsValid(json))
            throw new InvalidDataException($"{file}: the header is not UTF-8");
        try
        {
            using var document = JsonDocument.Parse(json, s_json);
            return Parse(file, document.RootElement, dataBytes);
        }
        catch (JsonException fault)
        {
            throw new InvalidDataException(
                $"{file}: the header is not JSON (line {fault.LineNumber + 1}, byte {fault.BytePositionInLine + 1})", fault);
        }
        catch (InvalidOperationException fault)
        {
            throw new InvalidDataException($"{file}: a string of the header has a half surrogate pair", fault);
        }
    }

    private static (SafetensorsEntry[] Entries, Dictionary<string, string> Metadata) Parse(string file, JsonElement root, long dataBytes)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException($"{file}: the header is not a JSON object");
        var metadata = new Dictionary<string, string>();
        var entries = new List<SafetensorsEntry>();
        var names = new HashSet<string>();
        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (!names.Add(property.Name))
                throw new InvalidDataException($"{file}: the name {property.Name} stands twice in the header");
            if (property.Name == MetadataKey)
                ReadMetadata(file, property.Value, metadata);
            else
                entries.Add(new EntryReader(file, property.Name).Read(property.Value, dataBytes));
        }
        SafetensorsEntry[] ordered = [.. entries.OrderBy(entry => entry.Begin).ThenBy(entry => entry.End)];
        CheckLayout(file, ordered, dataBytes);
        return (ordered, metadata);
    }

    private static void ReadMetadata(string file, JsonElement value, Dictionary<string, string> metadata)
    {
        if (value.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException($"{file}: {MetadataKey} is not an object of strings");
        foreach (JsonProperty property in value.EnumerateObject())
        {
            if (property.Value.ValueKind != JsonValueKind.String)
                throw new InvalidDataException($"{file}: {MetadataKey}.{property.Name} is not a string");
            if (!metadata.TryAdd(property.Name, property.Value.GetString()!))
                throw new InvalidDataException($"{file}: {MetadataKey}.{property.Name} stands twice");
        }
    }

    // the specification: tensors cover the whole buffer, each byte once
    private static void CheckLayout(string file, SafetensorsEntry[] ordered, long dataBytes)
    {
        long covered = 0;
        string before = "the header";
        foreach (SafetensorsEntry entry in ordered)
        {
            if (entry.Begin < covered)
                throw new InvalidDataException(
                    $"{file}: tensor {entry.Name} begins at byte {entry.Begin} and overlaps {before}, which ends at {covered}");
            if (entry.Begin > covered)
                throw new InvalidDataException($"{file}: bytes {covered} to {entry.Begin} before tensor {entry.Name} belong to no tensor");
            covered = entry.End;
            before = $"tensor {entry.Name}";
        }
        if (covered != dataBytes)
            throw new InvalidDataException($"{file}: {dataBytes - covered} trailing bytes after {before} belong to no tensor");
    }

    /// <summary>Reads one tensor's description, field by field.</summary>
    private readonly struct EntryReader(string file, string name)
    {
        public SafetensorsEntry Read(JsonElement value, long dataBytes)
        {
            if (value.ValueKind != JsonValueKind.Object)
                throw Fault("is not described by an object");
            var fields = new Dictionary<string, JsonElement>();
            foreach (JsonProperty property in value.EnumerateObject())
            {
                if (property.Name is not ("dtype" or "shape" or "data_offsets"))
                    throw Fault($"has the unknown field {property.Name}");
                if (!fields.TryAdd(property.Name, property.Value))
                    throw Fault($"has the field {property.Name} twice");
            }
            if (!fields.TryGetValue("dtype", out JsonElement dtype) || dtype.ValueKind != JsonValueKind.String)
                throw Fault("has no dtype");
            torch.ScalarType type = SafetensorsDtype.Parse(dtype.GetString()!)
                ?? throw Fault($"has the unknown dtype {dtype.GetString()}; known are {SafetensorsDtype.Names}");
            long[] shape = Integers(fields, "shape", MaxDimensions);
            long[] offsets = Integers(fields, "data_offsets", 2);
            if (offsets.Length != 2 || offsets[0] > offsets[1])
                throw Fault($"has data_offsets {Text(offsets)}; wanted [begin, end] with begin <= end");
            if (offsets[1] > dataBytes)
                throw Fault($"ends at byte {offsets[1]}, and the file holds {dataBytes} bytes of data");
            long bytes = TensorMemory.ElementBytes(type);
            foreach (long size in shape)
                if (Math.BigMul(bytes, size, out bytes) != 0 || bytes < 0)
                    throw Fault($"has the shape {Text(shape)}, more bytes than 64 bits count");
            if (bytes != offsets[1] - offsets[0])
                throw Fault($"of shape {Text(shape)} and dtype {dtype.GetString()} needs {bytes} bytes, "
                    + $"and its offsets hold {offsets[1] - offsets[0]}");
            return new(name, type, shape, offsets[0], offsets[1]);
        }

        private long[] Integers(Dictionary<string, JsonElement> fields, string field, int most)
        {
            if (!fields.TryGetValue(field, out JsonElement array) || array.ValueKind != JsonValueKind.Array)
                throw Fault($"has no {field}");
            if (array.GetArrayLength() > most)
                throw Fault($"has {array.GetArrayLength()} numbers in {field}; at most {most} are allowed");
            var values = new long[array.GetArrayLength()];
            for (int i = 0; i < values.Length; i++)
                if (array[i].ValueKind != JsonValueKind.Number || !array[i].TryGetInt64(out values[i]) || values[i] < 0)
                    throw Fault($"has {array[i].GetRawText()} in {field}; wanted an integer >= 0");
            return values;
        }

        private static string Text(long[] values) => $"[{string.Join(", ", values)}]";

        private InvalidDataException Fault(string what) => new($"{file}: tensor {name} {what}");
    }
}
