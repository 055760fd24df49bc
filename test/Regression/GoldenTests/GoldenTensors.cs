using System.Buffers.Binary;
using System.Text.Json;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

/// <summary>The tensors of a golden safetensors file, read without the library's own reader.</summary>
internal static class GoldenTensors
{
    public static Dictionary<string, Tensor> Read(params string[] parts)
    {
        byte[] file = File.ReadAllBytes(GoldenSet.File(parts));
        int header = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        using var json = JsonDocument.Parse(file.AsMemory(8, header));
        var tensors = new Dictionary<string, Tensor>();
        foreach (JsonProperty entry in json.RootElement.EnumerateObject().Where(entry => entry.Name != "__metadata__"))
        {
            ScalarType type = entry.Value.GetProperty("dtype").GetString() switch
            {
                "F32" => ScalarType.Float32,
                "F64" => ScalarType.Float64,
                "BF16" => ScalarType.BFloat16,
                _ => ScalarType.Int64,
            };
            long[] shape = [.. entry.Value.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64())];
            int[] span = [.. entry.Value.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt32())];
            Tensor tensor = empty(shape, type);
            file.AsSpan(8 + header + span[0], span[1] - span[0]).CopyTo(tensor.bytes);
            tensors.Add(entry.Name, tensor);
        }
        return tensors;
    }
}
