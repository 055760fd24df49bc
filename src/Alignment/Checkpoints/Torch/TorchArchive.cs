using System.Text;
using static TorchSharp.torch;

namespace Alignment.Checkpoints.Torch;

/// <summary>
/// A pytorch_model.bin: torch's zip archive of a dictionary of tensors, read without executing anything. data.pkl is interpreted by
/// <see cref="PickleMachine"/>; a tensor's numbers go from their record straight into the tensor's own memory.
/// </summary>
internal sealed class TorchArchive : IWeightFile
{
    /// <summary>The longest data.pkl that is read: room for some 9,000 tensors, and not for a pickle made to fill the memory.</summary>
    public const int MaxPickleBytes = 1 << 20;

    private readonly TensorBytes _file;
    private readonly string _path;
    private readonly string _root;
    private readonly IReadOnlyDictionary<string, ZipRecord> _records;
    private readonly Dictionary<string, ArchivedTensor> _tensors = [];

    private TorchArchive(string path, TensorBytes file)
    {
        (_path, _file) = (path, file);
        _records = ZipRecords.Read(path, file);
        ZipRecord[] pickles = [.. _records.Values.Where(record => record.Name.EndsWith("/data.pkl", StringComparison.Ordinal))];
        if (pickles is not [{ Bytes: <= MaxPickleBytes } pickle])
            throw new InvalidDataException($"{path}: wanted one record FOLDER/data.pkl of at most {MaxPickleBytes} bytes, found "
                + (pickles.Length == 1 ? $"one of {pickles[0].Bytes}" : $"{pickles.Length}"));
        _root = pickle.Name[..^"data.pkl".Length];
        CheckByteOrder();
        byte[] code = Bytes(pickle);
        object? value = new PickleMachine($"{path}: {pickle.Name}", code, new TorchObjects(key => Record(key)?.Bytes)).Run();
        if (value is not PickleDictionary dictionary)
            throw new InvalidDataException($"{path}: {pickle.Name} holds no dictionary of tensors");
        foreach ((object? key, object? item) in dictionary.Items)
            if (key is not string name || item is not ArchivedTensor tensor)
                throw new InvalidDataException($"{path}: {pickle.Name}: the entry {key ?? "None"} is no tensor under a name");
            else if (!_tensors.TryAdd(name, tensor))
                throw new InvalidDataException($"{path}: {pickle.Name}: the name {name} stands twice");
    }

    IEnumerable<StoredTensor> IWeightFile.Tensors => _tensors.Select(item => new StoredTensor(item.Key, item.Value.Storage.Type, item.Value.Shape));

    /// <summary>The names of the tensors, in the file's order.</summary>
    public IEnumerable<string> Names => _tensors.Keys;

    /// <summary>Opens an archive and checks its table of contents and every tensor's description.</summary>
    /// <exception cref="InvalidDataException">Anything but a dictionary of tensors; names file, record and byte.</exception>
    public static TorchArchive Open(string path)
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

    /// <summary>A new contiguous CPU tensor with the numbers of the named one.</summary>
    /// <exception cref="KeyNotFoundException">The file has no such tensor.</exception>
    /// <exception cref="InvalidDataException">The file was cut while open, or a BOOL is neither 0 nor 1.</exception>
    public Tensor Tensor(string name)
    {
        if (!_tensors.TryGetValue(name, out ArchivedTensor? stored))
            throw new KeyNotFoundException($"{_path}: holds no tensor {name}");
        using var scope = NewDisposeScope();
        Tensor tensor = empty(stored.Shape, dtype: stored.Storage.Type, device: CPU);
        Fill(name, stored, tensor);
        return tensor.MoveToOuterDisposeScope();
    }

    void IWeightFile.Fill(string name, Tensor target) => Fill(name, _tensors[name], target);

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private void Fill(string name, ArchivedTensor stored, Tensor target)
    {
        if (stored.Shape.Contains(0))
            return;
        long start = Record(stored.Storage.Key)!.Offset + stored.Offset * TensorMemory.ElementBytes(stored.Storage.Type);
        if (stored.Strides.SequenceEqual(Packed(stored.Shape)))
        {
            _file.Fill(target, start, $"tensor {name}");
            return;
        }
        using var scope = NewDisposeScope();
        long reach = stored.Shape.Zip(stored.Strides, (size, stride) => (size - 1) * stride).Sum() + 1;
        Tensor all = empty(reach, dtype: stored.Storage.Type, device: CPU);
        _file.Fill(all, start, $"tensor {name}");
        target.copy_(all.as_strided(stored.Shape, stored.Strides));
    }

    private static long[] Packed(long[] shape)
    {
        long[] strides = new long[shape.Length];
        for (long i = shape.Length - 1, step = 1; i >= 0; step *= shape[i--])
            strides[i] = step;
        return strides;
    }

    private ZipRecord? Record(string key) => _records.GetValueOrDefault($"{_root}data/{key}");

    // written by torch 2 and later; older archives come from little-endian machines
    private void CheckByteOrder()
    {
        if (_records.GetValueOrDefault(_root + "byteorder") is { Bytes: < 16 } record
            && Encoding.ASCII.GetString(Bytes(record)) is not "little" and var order)
            throw new InvalidDataException($"{_path}: {record.Name} is \"{order}\"; only little-endian archives are read");
    }

    private byte[] Bytes(ZipRecord record)
    {
        byte[] bytes = new byte[record.Bytes];
        _file.Read(bytes, record.Offset);
        return bytes;
    }
}
