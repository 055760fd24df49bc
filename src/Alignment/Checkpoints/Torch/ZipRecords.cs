using System.Buffers.Binary;
using System.Text;

namespace Alignment.Checkpoints.Torch;

/// <summary>A record of a zip archive: its name and where its bytes stand in the file.</summary>
internal sealed record ZipRecord(string Name, long Offset, long Bytes);

/// <summary>
/// The table of contents of a zip archive (PKWARE's APPNOTE 6.3, zip64 included) whose records are stored, not compressed, as torch writes them.
/// Every record must lie before the table and apart from the others.
/// </summary>
internal sealed class ZipRecords
{
    private const uint EndMark = 0x06054b50, LargeEndMark = 0x06064b50, LocatorMark = 0x07064b50, EntryMark = 0x02014b50, LocalMark = 0x04034b50;
    private const int EndBytes = 22, LargeEndBytes = 56, LocatorBytes = 20, EntryBytes = 46, LocalBytes = 30, MaxTableBytes = 100_000_000;

    private readonly string _path;
    private readonly TensorBytes _file;

    private ZipRecords(string path, TensorBytes file) => (_path, _file) = (path, file);

    /// <summary>The records by name.</summary>
    /// <exception cref="InvalidDataException">Not a zip archive, or one of another kind; names the file and the record.</exception>
    public static IReadOnlyDictionary<string, ZipRecord> Read(string path, TensorBytes file) => new ZipRecords(path, file).Read();

    private Dictionary<string, ZipRecord> Read()
    {
        (long tableStart, long tableBytes, long count) = FindTable();
        if (tableBytes > MaxTableBytes || tableStart < 0 || tableBytes < 0 || tableStart > _file.Length - tableBytes)
            throw Fault($"the table of contents is said to be {tableBytes} bytes at byte {tableStart} of {_file.Length}");
        byte[] table = Bytes(tableStart, (int)tableBytes);
        var records = new Dictionary<string, ZipRecord>();
        List<(long Start, long End, string Name)> spans = [];
        int at = 0;
        for (long i = 0; i < count; i++)
        {
            (string name, long start, long bytes) = Entry(table, ref at);
            long data = DataStart(name, start, tableStart);
            if (bytes < 0 || bytes > tableStart - data)
                throw Fault($"the record {name} is said to be {bytes} bytes at byte {data}, and the table of contents begins at {tableStart}");
            if (!records.TryAdd(name, new(name, data, bytes)))
                throw Fault($"the record {name} stands twice in the table of contents");
            spans.Add((start, data + bytes, name));
        }
        spans.Sort();
        for (int i = 1; i < spans.Count; i++)
            if (spans[i].Start < spans[i - 1].End)
                throw Fault($"the record {spans[i].Name} overlaps {spans[i - 1].Name}");
        return records;
    }

    private (long Start, long Bytes, long Count) FindTable()
    {
        int tailBytes = (int)Math.Min(_file.Length, EndBytes + ushort.MaxValue);
        byte[] tail = Bytes(_file.Length - tailBytes, tailBytes);
        int end = tailBytes - EndBytes;
        // the comment after the end record fills the file exactly
        while (end >= 0 && !(UInt32(tail, end) == EndMark && UInt16(tail, end + 20) == tailBytes - end - EndBytes))
            end--;
        if (end < 0)
            throw Fault("is no zip archive; torch writes one since version 1.6: save the weights again with it, or as safetensors");
        (long start, long bytes, long count) = (UInt32(tail, end + 16), UInt32(tail, end + 12), UInt16(tail, end + 10));
        if (start != uint.MaxValue && bytes != uint.MaxValue && count != ushort.MaxValue)
            return (start, bytes, count);
        byte[] locator = Bytes(_file.Length - tailBytes + end - LocatorBytes, LocatorBytes);
        if (UInt32(locator, 0) != LocatorMark)
            throw Fault("is a large zip archive without a zip64 locator");
        byte[] large = Bytes(Int64(locator, 8), LargeEndBytes);
        return UInt32(large, 0) == LargeEndMark ? (Int64(large, 48), Int64(large, 40), Int64(large, 32))
            : throw Fault("has a zip64 locator that points nowhere");
    }

    private (string Name, long Start, long Bytes) Entry(byte[] table, ref int at)
    {
        if (table.Length - at < EntryBytes || UInt32(table, at) != EntryMark)
            throw Fault($"the table of contents breaks off at its byte {at}");
        (int name, int extra, int comment) = (UInt16(table, at + 28), UInt16(table, at + 30), UInt16(table, at + 32));
        int next = at + EntryBytes + name + extra + comment;
        if (next > table.Length)
            throw Fault($"the table of contents breaks off at its byte {at}");
        string text = Encoding.UTF8.GetString(table, at + EntryBytes, name);
        if ((UInt16(table, at + 8) & 1) != 0)
            throw Fault($"the record {text} is encrypted");
        if (UInt16(table, at + 10) is not 0 and var method)
            throw Fault($"the record {text} is compressed (method {method}); torch stores its records");
        (long packed, long bytes, long start) = (UInt32(table, at + 20), UInt32(table, at + 24), UInt32(table, at + 42));
        ReadOnlySpan<byte> large = LargeSizes(table.AsSpan(at + EntryBytes + name, extra));
        (bytes, packed, start) = (Large(bytes, ref large, text), Large(packed, ref large, text), Large(start, ref large, text));
        if (packed != bytes)
            throw Fault($"the record {text} is {bytes} bytes and takes {packed}; a stored record takes its size");
        at = next;
        return (text, start, bytes);
    }

    // the zip64 extra field (id 1) holds, in this order, those of size, packed size and offset that do not fit into 32 bits
    private long Large(long value, ref ReadOnlySpan<byte> field, string name)
    {
        if (value != uint.MaxValue)
            return value;
        if (field.Length < 8)
            throw Fault($"the record {name} is large and has no zip64 sizes");
        value = BinaryPrimitives.ReadInt64LittleEndian(field);
        field = field[8..];
        return value;
    }

    private static ReadOnlySpan<byte> LargeSizes(ReadOnlySpan<byte> extra)
    {
        while (extra.Length >= 4)
        {
            (int id, int bytes) = (BinaryPrimitives.ReadUInt16LittleEndian(extra), BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]));
            if (bytes > extra.Length - 4)
                break;
            if (id == 1)
                return extra.Slice(4, bytes);
            extra = extra[(4 + bytes)..];
        }
        return [];
    }

    private long DataStart(string name, long start, long tableStart)
    {
        if (start < 0 || start > tableStart - LocalBytes)
            throw Fault($"the record {name} is said to begin at byte {start}, and the table of contents begins at {tableStart}");
        byte[] local = Bytes(start, LocalBytes);
        return UInt32(local, 0) == LocalMark ? start + LocalBytes + UInt16(local, 26) + UInt16(local, 28)
            : throw Fault($"the record {name} has no header at byte {start}");
    }

    private byte[] Bytes(long offset, int count)
    {
        if (offset < 0 || offset > _file.Length - count)
            throw Fault($"wanted {count} bytes at byte {offset}, and the file holds {_file.Length}");
        byte[] bytes = new byte[count];
        _file.Read(bytes, offset);
        return bytes;
    }

    private static ushort UInt16(byte[] bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at));

    private static uint UInt32(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));

    private static long Int64(byte[] bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at));

    private InvalidDataException Fault(string what) => new($"{_path}: {what}");
}
