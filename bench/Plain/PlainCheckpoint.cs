using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using Alignment.Models;
using static TorchSharp.torch;

namespace Alignment.Bench.Plain;

/// <summary>A float32 safetensors file read as one writes it in an afternoon: the whole file, its header, a managed array and a copy per tensor.</summary>
internal static class PlainCheckpoint
{
    /// <summary>Fills a new model from model.safetensors in a folder.</summary>
    public static Decoder Load(DecoderConfig config, string folder)
    {
        var model = new Decoder(config);
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        byte[] file = File.ReadAllBytes(Path.Combine(folder, "model.safetensors"));
        int header = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        using JsonDocument json = JsonDocument.Parse(file.AsMemory(8, header));
        Dictionary<string, Tensor> targets = model.state_dict();
        foreach (JsonProperty entry in json.RootElement.EnumerateObject().Where(entry => entry.Name != "__metadata__"))
        {
            long[] shape = [.. entry.Value.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64())];
            int[] range = [.. entry.Value.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt32())];
            float[] values = MemoryMarshal.Cast<byte, float>(file.AsSpan(8 + header + range[0], range[1] - range[0])).ToArray();
            targets[entry.Name].copy_(tensor(values, shape));
        }
        return model;
    }
}
