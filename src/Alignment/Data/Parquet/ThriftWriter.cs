namespace Alignment.Data.Parquet;

/// <summary>Writes structs of Thrift's compact protocol, field by field in the order of their ids.</summary>
internal sealed class ThriftWriter
{
    private readonly MemoryStream _bytes = new();
    private int _last;

    public byte[] ToArray() => _bytes.ToArray();

    public ThriftWriter Number(int id, long value, int kind = 5)
    {
        Head(id, kind);
        return Signed(value);
    }

    public ThriftWriter Text(int id, ReadOnlySpan<byte> text)
    {
        Head(id, 8);
        Unsigned((ulong)text.Length);
        _bytes.Write(text);
        return this;
    }

    public ThriftWriter Struct(int id, Action<ThriftWriter> write)
    {
        Head(id, 12);
        return Whole(write);
    }

    /// <summary>A list of structs.</summary>
    public ThriftWriter List(int id, IReadOnlyCollection<Action<ThriftWriter>> items)
    {
        Items(id, 12, items.Count);
        foreach (Action<ThriftWriter> item in items)
            Whole(item);
        return this;
    }

    /// <summary>A list of texts.</summary>
    public ThriftWriter Texts(int id, IReadOnlyCollection<byte[]> items)
    {
        Items(id, 8, items.Count);
        foreach (byte[] item in items)
        {
            Unsigned((ulong)item.Length);
            _bytes.Write(item);
        }

        return this;
    }

    /// <summary>Fields and the end of a struct that is no field of another.</summary>
    public ThriftWriter Whole(Action<ThriftWriter> write)
    {
        int outer = _last;
        _last = 0;
        write(this);
        _bytes.WriteByte(0);
        _last = outer;
        return this;
    }

    private void Items(int id, int kind, int count)
    {
        Head(id, 9);
        _bytes.WriteByte((byte)(0xF0 | kind));
        Unsigned((ulong)count);
    }

    private void Head(int id, int kind)
    {
        _bytes.WriteByte((byte)(((id - _last) << 4) | kind));
        _last = id;
    }

    private ThriftWriter Signed(long value)
    {
        Unsigned((ulong)((value << 1) ^ (value >> 63)));
        return this;
    }

    private void Unsigned(ulong value)
    {
        for (; value > 127; value >>= 7)
            _bytes.WriteByte((byte)(value | 128));
        _bytes.WriteByte((byte)value);
    }
}
