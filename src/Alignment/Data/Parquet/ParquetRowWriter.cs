using System.Buffers;
using System.Globalization;
using System.Text;

namespace Alignment.Data.Parquet;

/// <summary>Writes rows of columns as JSON.</summary>
/// <param name="longest">Bytes of the longest row.</param>
internal sealed class ParquetRowWriter(int longest)
{
    private static readonly SearchValues<byte> s_escaped = SearchValues.Create([.. Enumerable.Range(0, 32).Select(letter => (byte)letter), (byte)'"', (byte)'\\']);

    private readonly MemoryStream _to = new();

    /// <summary>Takes the next row of the columns.</summary>
    /// <exception cref="InvalidDataException">The columns do not agree where it ends.</exception>
    /// <exception cref="NotSupportedException">It is too long.</exception>
    public byte[] Row(ParquetObject shape, ParquetColumn?[] columns)
    {
        _to.SetLength(0);
        Write(shape, columns);
        return Array.Exists(columns, column => column is { Repeat: not 0 })
            ? throw new InvalidDataException("the columns of a list have different lengths") : _to.ToArray();
    }

    private void Write(ParquetShape shape, ParquetColumn?[] columns)
    {
        if (_to.Length > longest)
            throw new NotSupportedException($"a row is longer than {longest} bytes");
        if (columns[shape.First.Index]!.Defined < shape.Defined)
        {
            _to.Write("null"u8);
            Skip(shape, columns);
        }
        else if (shape is ParquetLeaf leaf)
            Value(leaf, columns[leaf.Index]!);
        else if (shape is ParquetList list)
            Items(list, columns);
        else
            Members((ParquetObject)shape, columns);
    }

    private void Members(ParquetObject shape, ParquetColumn?[] columns)
    {
        byte before = (byte)'{';
        foreach ((byte[] name, ParquetShape member) in shape.Members)
        {
            _to.WriteByte(before);
            Text(name);
            _to.WriteByte((byte)':');
            Write(member, columns);
            before = (byte)',';
        }

        _to.WriteByte((byte)'}');
    }

    private void Items(ParquetList list, ParquetColumn?[] columns)
    {
        ParquetColumn first = columns[list.First.Index]!;
        _to.WriteByte((byte)'[');
        if (first.Defined < list.Filled)
            Skip(list, columns);
        else
        {
            Write(list.Item, columns);
            while (first.Repeat >= list.Repeat)
            {
                _to.WriteByte((byte)',');
                Write(list.Item, columns);
            }
        }

        _to.WriteByte((byte)']');
    }

    private static void Skip(ParquetShape shape, ParquetColumn?[] columns)
    {
        foreach (ParquetLeaf leaf in shape.All)
            columns[leaf.Index]!.Skip();
    }

    private void Value(ParquetLeaf leaf, ParquetColumn column)
    {
        if (leaf is { Kind: ParquetKind.Bytes, IsJson: true })
            _to.Write(column.NextText());
        else if (leaf.Kind == ParquetKind.Bytes)
            Text(column.NextText());
        else
            _to.Write(Encoding.ASCII.GetBytes(leaf.Kind switch
            {
                ParquetKind.Boolean => column.Next<bool>() ? "true" : "false",
                ParquetKind.Int32 => column.Next<int>().ToString(CultureInfo.InvariantCulture),
                ParquetKind.Int64 => column.Next<long>().ToString(CultureInfo.InvariantCulture),
                // JSON has no word for what is no number
                ParquetKind.Float => column.Next<float>() is var small && float.IsFinite(small) ? small.ToString(CultureInfo.InvariantCulture) : "null",
                _ => column.Next<double>() is var value && double.IsFinite(value) ? value.ToString(CultureInfo.InvariantCulture) : "null",
            }));
    }

    // what is no UTF-8 stays as it is: the reader of rows names the byte
    private void Text(ReadOnlySpan<byte> text)
    {
        _to.WriteByte((byte)'"');
        for (int at; (at = text.IndexOfAny(s_escaped)) >= 0; text = text[(at + 1)..])
        {
            _to.Write(text[..at]);
            _to.Write(Encoding.ASCII.GetBytes(text[at] is (byte)'"' or (byte)'\\' ? $"\\{(char)text[at]}" : $"\\u{text[at]:x4}"));
        }

        _to.Write(text);
        _to.WriteByte((byte)'"');
    }
}
