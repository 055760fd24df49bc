namespace Alignment.Data.Parquet;

/// <summary>
/// A struct of Thrift's compact protocol, in which Parquet writes its footer and the headers of its pages. Read here before anything else is, since
/// every length in it is a stranger's: none is believed that goes beyond the bytes there are.
/// </summary>
/// <param name="fields">Values by the ids of parquet.thrift: long, bytes, a list or a struct; of other kinds null.</param>
internal sealed class ThriftStruct(Dictionary<int, object?> fields)
{
    private const int Deepest = 16;

    /// <summary>Reads one from the beginning of some bytes.</summary>
    /// <exception cref="InvalidDataException">They do not hold a whole one.</exception>
    public static ThriftStruct Read(ReadOnlyMemory<byte> bytes, out int length)
    {
        int at = 0;
        ThriftStruct read = Struct(bytes, ref at, 0);
        length = at;
        return read;
    }

    public long Number(int id) => Find<long>(id) ?? throw Damage($"number {id} is missing");

    public long Number(int id, long absent) => Find<long>(id) ?? absent;

    public ReadOnlyMemory<byte> Bytes(int id) => Find<ReadOnlyMemory<byte>>(id) ?? throw Damage($"text {id} is missing");

    public ThriftStruct Struct(int id) => fields.GetValueOrDefault(id) as ThriftStruct ?? throw Damage($"part {id} is missing");

    public bool Has(int id) => fields.ContainsKey(id);

    public bool HasStruct(int id) => fields.GetValueOrDefault(id) is ThriftStruct;

    /// <summary>The structs of a list.</summary>
    public IReadOnlyList<ThriftStruct> Structs(int id) => fields.GetValueOrDefault(id) is List<object?> list
        ? [.. list.Select(item => item as ThriftStruct ?? throw Damage($"list {id} holds something else"))] : throw Damage($"list {id} is missing");

    private T? Find<T>(int id) where T : struct => fields.GetValueOrDefault(id) is T value ? value : null;

    private static ThriftStruct Struct(ReadOnlyMemory<byte> bytes, ref int at, int depth)
    {
        if (depth > Deepest)
            throw Damage("its parts are nested too deeply");
        Dictionary<int, object?> fields = [];
        for (int id = 0; Byte(bytes, ref at) is var head && head != 0;)
        {
            id = head >> 4 == 0 ? (int)Signed(bytes, ref at) : id + (head >> 4);
            fields[id] = Value(head & 15, bytes, ref at, depth);
        }

        return new(fields);
    }

    private static object? Value(int kind, ReadOnlyMemory<byte> bytes, ref int at, int depth) => kind switch
    {
        1 => 1L,
        2 => 0L,
        3 => (long)(sbyte)Byte(bytes, ref at),
        4 or 5 or 6 => Signed(bytes, ref at),
        7 => Skip(bytes, ref at),
        8 => Take(bytes, (long)Unsigned(bytes, ref at), ref at),
        9 or 10 => List(bytes, ref at, depth),
        12 => Struct(bytes, ref at, depth + 1),
        _ => throw Damage($"a value is of kind {kind}, which Parquet has not"),
    };

    private static List<object?> List(ReadOnlyMemory<byte> bytes, ref int at, int depth)
    {
        int head = Byte(bytes, ref at), kind = head & 15;
        ulong count = head >> 4 == 15 ? Unsigned(bytes, ref at) : (ulong)(head >> 4);
        // every item takes a byte at least
        if (count > (ulong)(bytes.Length - at))
            throw Damage($"a list of {count} items stands in {bytes.Length - at} bytes");
        List<object?> items = new((int)count);
        for (ulong item = 0; item < count; item++)
            items.Add(kind is 1 or 2 ? (long)Byte(bytes, ref at) : Value(kind, bytes, ref at, depth + 1));
        return items;
    }

    private static int Byte(ReadOnlyMemory<byte> bytes, ref int at) => at < bytes.Length ? bytes.Span[at++] : throw Damage("it is cut");

    private static object? Skip(ReadOnlyMemory<byte> bytes, ref int at)
    {
        Take(bytes, sizeof(double), ref at);
        return null;
    }

    private static ReadOnlyMemory<byte> Take(ReadOnlyMemory<byte> bytes, long count, ref int at)
    {
        if (count < 0 || count > bytes.Length - at)
            throw Damage("it is cut");
        at += (int)count;
        return bytes.Slice(at - (int)count, (int)count);
    }

    private static ulong Unsigned(ReadOnlyMemory<byte> bytes, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            int next = Byte(bytes, ref at);
            value |= (ulong)(next & 127) << shift;
            if (next < 128)
                return value;
        }

        throw Damage("a number does not end");
    }

    private static long Signed(ReadOnlyMemory<byte> bytes, ref int at)
    {
        ulong value = Unsigned(bytes, ref at);
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    private static InvalidDataException Damage(string what) => new($"a header or the footer is damaged: {what}");
}
