using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using Alignment.Files;
using static TorchSharp.torch;

namespace Alignment.Checkpoints.Safetensors;

/// <summary>
/// Writes safetensors files: the same tensors give the same bytes. Order as in Hugging Face's writer: larger element types first, then by name
/// (ordinal), so every tensor is aligned to its element size; the header is padded with spaces to a multiple of 8.
/// </summary>
internal static class SafetensorsWriter
{
    private const int Alignment = 8;
    private static readonly JsonWriterOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a file atomically: beside it under another name, flushed to the disk, then renamed over it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">Tensors of any device and layout; copied to the host one at a time.</param>
    /// <param name="metadata">Strings for <c>__metadata__</c>, or null for none.</param>
    /// <exception cref="ArgumentException">A dtype safetensors lack, or a tensor named <c>__metadata__</c>.</exception>
    public static void Write(string path, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        if (tensors.ContainsKey(SafetensorsHeader.MetadataKey))
            throw new ArgumentException($"{path}: a tensor cannot be named {SafetensorsHeader.MetadataKey}");
        KeyValuePair<string, Tensor>[] ordered =
        [
            .. tensors.OrderByDescending(item => TensorMemory.ElementBytes(item.Value.dtype)).ThenBy(item => item.Key, StringComparer.Ordinal),
        ];
        byte[] header = Header(ordered, metadata);
        AtomicFile.Write(path, file =>
        {
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
            file.Write(length);
            file.Write(header);
            foreach ((string _, Tensor tensor) in ordered)
                WriteData(file, tensor);
        });
    }

    private static void WriteData(FileStream file, Tensor tensor)
    {
        using var scope = NewDisposeScope();
        Tensor host = tensor.detach().cpu().contiguous();
        long bytes = TensorMemory.Bytes(host);
        for (long at = 0; at < bytes; at += TensorMemory.ChunkBytes)
            file.Write(TensorMemory.Chunk(host, at, bytes));
    }

    private static byte[] Header(KeyValuePair<string, Tensor>[] ordered, IReadOnlyDictionary<string, string>? metadata)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, s_json))
        {
            json.WriteStartObject();
            if (metadata != null)
            {
                json.WriteStartObject(SafetensorsHeader.MetadataKey);
                foreach ((string key, string value) in metadata.OrderBy(item => item.Key, StringComparer.Ordinal))
                    json.WriteString(key, value);
                json.WriteEndObject();
            }
            long begin = 0;
            foreach ((string name, Tensor tensor) in ordered)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", SafetensorsDtype.Name(tensor.dtype));
                WriteIntegers(json, "shape", tensor.shape);
                WriteIntegers(json, "data_offsets", [begin, begin += TensorMemory.Bytes(tensor)]);
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        while (buffer.Length % Alignment != 0)
            buffer.WriteByte((byte)' ');
        return buffer.ToArray();
    }

    private static void WriteIntegers(Utf8JsonWriter json, string name, long[] values)
    {
        json.WriteStartArray(name);
        foreach (long value in values)
            json.WriteNumberValue(value);
        json.WriteEndArray();
    }
}
