using System.Buffers.Binary;
using static TorchSharp.torch;

namespace Alignment.Checkpoints.Safetensors;

/// <summary>
/// An open safetensors file. Its header is checked when it is opened; a tensor's bytes go from the file straight into the tensor's own memory
/// (no map: a file cut short under a map would end the process, a short read is an exception).
/// </summary>
internal sealed class SafetensorsFile : IWeightFile
{
    /// <summary>The longest header that is read, as in the format's own reader.</summary>
    public const int MaxHeaderBytes = 100_000_000;

    private const int LengthBytes = 8;
    private readonly TensorBytes _bytes;
    private readonly string _path;
    private readonly long _dataStart;
    private readonly Dictionary<string, SafetensorsEntry> _byName;

    private SafetensorsFile(string path, TensorBytes bytes)
    {
        (_path, _bytes) = (path, bytes);
        long length = bytes.Length;
        if (length < LengthBytes)
            throw new InvalidDataException($"{path}: holds {length} bytes, and a safetensors file begins with {LengthBytes} bytes of header length");
        Span<byte> first = stackalloc byte[LengthBytes];
        bytes.Read(first, 0);
        ulong header = BinaryPrimitives.ReadUInt64LittleEndian(first);
        if (header > MaxHeaderBytes)
            throw new InvalidDataException($"{path}: the header length is {header}, and at most {MaxHeaderBytes} is allowed");
        if ((long)header > length - LengthBytes)
            throw new InvalidDataException($"{path}: the header length is {header}, and only {length - LengthBytes} bytes follow it");
        var json = new byte[header];
        bytes.Read(json, LengthBytes);
        _dataStart = LengthBytes + (long)header;
        (SafetensorsEntry[] entries, Dictionary<string, string> metadata) = SafetensorsHeader.Parse(path, json, length - _dataStart);
        (Entries, Metadata) = (entries, metadata);
        _byName = entries.ToDictionary(entry => entry.Name);
    }

    /// <summary>The tensors in the order of their bytes.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries { get; }

    /// <summary>The strings of <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens a file and checks its header.</summary>
    /// <exception cref="InvalidDataException">The file is not a well-formed safetensors file; the message names file, tensor and values.</exception>
    public static SafetensorsFile Open(string path)
    {
        var file = new TensorBytes(path);
        try
        {
            return new(path, file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>All tensors of a file, on the CPU; the caller owns them.</summary>
    /// <exception cref="InvalidDataException">As in <see cref="Open"/>.</exception>
    public static Dictionary<string, Tensor> Read(string path)
    {
        using SafetensorsFile file = Open(path);
        using var scope = NewDisposeScope();
        var tensors = file.Entries.ToDictionary(entry => entry.Name, entry => file.Read(entry));
        foreach (Tensor tensor in tensors.Values)
            tensor.MoveToOuterDisposeScope();
        return tensors;
    }

    /// <summary>A new CPU tensor with the bytes of the named one.</summary>
    /// <exception cref="KeyNotFoundException">The file has no such tensor.</exception>
    /// <exception cref="InvalidDataException">The file was cut while open, or a BOOL is neither 0 nor 1.</exception>
    public Tensor Tensor(string name) =>
        Read(_byName.TryGetValue(name, out SafetensorsEntry? entry) ? entry : throw new KeyNotFoundException($"{_path}: holds no tensor {name}"));

    IEnumerable<StoredTensor> IWeightFile.Tensors => Entries.Select(entry => new StoredTensor(entry.Name, entry.Type, entry.Shape));

    void IWeightFile.Fill(string name, Tensor target) => Fill(_byName[name], target);

    /// <summary>Closes the file.</summary>
    public void Dispose() => _bytes.Dispose();

    private Tensor Read(SafetensorsEntry entry)
    {
        using var scope = NewDisposeScope();
        Tensor tensor = empty(entry.Shape, dtype: entry.Type, device: CPU);
        Fill(entry, tensor);
        return tensor.MoveToOuterDisposeScope();
    }

    private void Fill(SafetensorsEntry entry, Tensor target) => _bytes.Fill(target, _dataStart + entry.Begin, $"tensor {entry.Name}");
}
