using System.Buffers.Binary;
using System.Collections;
using System.Collections.Concurrent;
using System.Text.Json;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

/// <summary>
/// The tensors of a golden safetensors file, read without the library's own reader. Taking one by its name, or all in turn, is using it; what no test
/// used fails <see cref="GoldenUseTests"/>.
/// </summary>
internal sealed class GoldenTensors : IEnumerable<KeyValuePair<string, Tensor>>
{
    private readonly Dictionary<string, Tensor> _tensors;
    private readonly ConcurrentDictionary<string, bool> _used;

    private GoldenTensors(string file, Dictionary<string, Tensor> tensors)
    {
        _tensors = tensors;
        _used = GoldenUse.Tensors(file, tensors.Keys);
    }

    /// <summary>In no order; no use of them.</summary>
    public IReadOnlyCollection<string> Names => _tensors.Keys;

    /// <summary>The tensor of a name.</summary>
    public Tensor this[string name]
    {
        get
        {
            GoldenUse.Reading();
            _used[name] = true;
            return _tensors[name];
        }
    }

    /// <summary>The names no test used.</summary>
    public IEnumerable<string> Unused => _used.Where(name => !name.Value).Select(name => name.Key).Order(StringComparer.Ordinal);

    /// <summary>Reads a file of the first set.</summary>
    public static GoldenTensors Read(params string[] parts) => Open(GoldenSet.File(parts), string.Join('/', parts));

    /// <summary>Reads a file.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="file">What it is called.</param>
    public static GoldenTensors Open(string path, string file)
    {
        byte[] bytes = File.ReadAllBytes(path);
        int header = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        using var json = JsonDocument.Parse(bytes.AsMemory(8, header));
        var tensors = new Dictionary<string, Tensor>();
        foreach (JsonProperty entry in json.RootElement.EnumerateObject().Where(entry => entry.Name != "__metadata__"))
        {
            ScalarType type = entry.Value.GetProperty("dtype").GetString() switch
            {
                "F32" => ScalarType.Float32,
                "F64" => ScalarType.Float64,
                "BF16" => ScalarType.BFloat16,
                "I64" => ScalarType.Int64,
                var other => throw new NotSupportedException($"{file}: {entry.Name} is {other}"),
            };
            long[] shape = [.. entry.Value.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64())];
            int[] span = [.. entry.Value.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt32())];
            Tensor tensor = empty(shape, type);
            bytes.AsSpan(8 + header + span[0], span[1] - span[0]).CopyTo(tensor.bytes);
            tensors.Add(entry.Name, tensor);
        }
        return new(file, tensors);
    }

    public IEnumerator<KeyValuePair<string, Tensor>> GetEnumerator() => _tensors.Keys.Select(name => KeyValuePair.Create(name, this[name])).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
