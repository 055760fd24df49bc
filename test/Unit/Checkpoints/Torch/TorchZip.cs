using System.Buffers.Binary;
using System.Text;

namespace Alignment.Tests.Unit.Checkpoints.Torch;

/// <summary>Writes archives such as torch.save makes, and pickles instruction by instruction, also broken ones.</summary>
internal static class TorchZip
{
    /// <summary>An archive of a pickle and of records data/KEY.</summary>
    public static byte[] Of(byte[] pickle, params (string Key, byte[] Bytes)[] data) =>
        Zip([("archive/data.pkl", pickle), .. data.Select(item => ($"archive/data/{item.Key}", item.Bytes)), ("archive/version", "3\n"u8.ToArray())]);

    /// <summary>A zip archive of stored records.</summary>
    /// <param name="records">Names and bytes.</param>
    /// <param name="change">Changes the table entry of a record before it is written.</param>
    public static byte[] Zip((string Name, byte[] Bytes)[] records, Action<string, byte[]>? change = null)
    {
        using var file = new MemoryStream();
        using var table = new MemoryStream();
        foreach ((string name, byte[] bytes) in records)
        {
            byte[] text = Encoding.ASCII.GetBytes(name), local = new byte[30], entry = new byte[46];
            BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(42), (uint)file.Position);
            BinaryPrimitives.WriteUInt32LittleEndian(local, 0x04034b50);
            BinaryPrimitives.WriteUInt16LittleEndian(local.AsSpan(26), (ushort)text.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(entry, 0x02014b50);
            BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(20), (uint)bytes.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(24), (uint)bytes.Length);
            BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(28), (ushort)text.Length);
            change?.Invoke(name, entry);
            file.Write([.. local, .. text, .. bytes]);
            table.Write([.. entry, .. text]);
        }
        byte[] end = new byte[22];
        BinaryPrimitives.WriteUInt32LittleEndian(end, 0x06054b50);
        BinaryPrimitives.WriteUInt16LittleEndian(end.AsSpan(10), (ushort)records.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(12), (uint)table.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(16), (uint)file.Position);
        return [.. file.ToArray(), .. table.ToArray(), .. end];
    }

    /// <summary>A whole pickle: protocol 2, the parts, a full stop.</summary>
    public static byte[] Pickle(params byte[][] parts) => [0x80, 2, .. parts.SelectMany(part => part), (byte)'.'];

    /// <summary>{name: tensor}.</summary>
    public static byte[] Dictionary(string name, byte[] tensor) => [(byte)'}', .. Text(name), .. tensor, (byte)'s'];

    /// <summary>A tensor of 32-bit floats in data/KEY, rebuilt as torch does.</summary>
    public static byte[] Tensor(string key, int elements, int offset, int[] shape, int[] strides) =>
        [.. Global("torch._utils", "_rebuild_tensor_v2"), (byte)'(', .. Storage("torch", "FloatStorage", key, elements), .. Integer(offset),
            .. Tuple(shape), .. Tuple(strides),
            0x89, .. Global("collections", "OrderedDict"), (byte)')', (byte)'R', (byte)'t', (byte)'R'];

    public static byte[] Storage(string module, string type, string key, int elements) =>
        [(byte)'(', .. Text("storage"), .. Global(module, type), .. Text(key), .. Text("cpu"), .. Integer(elements), (byte)'t', (byte)'Q'];

    public static byte[] Global(string module, string name) => [(byte)'c', .. Encoding.ASCII.GetBytes($"{module}\n{name}\n")];

    public static byte[] Text(string text) => [(byte)'X', .. Bytes(Encoding.UTF8.GetByteCount(text)), .. Encoding.UTF8.GetBytes(text)];

    public static byte[] Integer(int value) => [(byte)'J', .. Bytes(value)];

    private static byte[] Tuple(int[] values) => [(byte)'(', .. values.SelectMany(Integer), (byte)'t'];

    private static byte[] Bytes(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }
}
