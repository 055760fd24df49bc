using Parquet;
using Parquet.Schema;

namespace Alignment.Data.Parquet;

/// <summary>
/// Reads columns through Parquet.Net. The package gets a footer of one row group, written here, whose columns have the levels of the file's, and one
/// column's pages at a time: nothing of the file reaches it that has not been checked.
/// </summary>
internal sealed class ParquetColumns
{
    // Parquet.Net takes a column's length in the schema for the bits of a truth value's run lengths, and for nothing else in the kinds that are read
    private const int BitsOfTruth = 1;

    private readonly PageStream _pages;
    private readonly ParquetRowGroupReader _group;
    private readonly DataField[] _fields;

    /// <param name="leaves">The columns that are read.</param>
    public ParquetColumns(IReadOnlyList<ParquetLeaf> leaves)
    {
        byte[] footer = Footer(leaves);
        _pages = new();
        _pages.Write([.. "PAR1"u8, .. footer, .. BitConverter.GetBytes(footer.Length), .. "PAR1"u8]);
        ParquetReader reader = ParquetReader.CreateAsync(_pages).GetAwaiter().GetResult();
        _group = reader.RowGroups[0];
        DataField[] fields = reader.Schema.DataFields;
        _fields = new DataField[leaves.Max(leaf => leaf.Index) + 1];
        for (int i = 0; i < leaves.Count; i++)
            _fields[leaves[i].Index] = fields[i];
    }

    /// <summary>The values of a column in a row group.</summary>
    public ParquetColumn Read(FileStream file, ParquetChunk chunk, ParquetLeaf leaf)
    {
        ParquetPages.Write(file, chunk, leaf, _pages);
        DataField field = _fields[leaf.Index];
        _group.GetMetadata(field)!.MetaData!.NumValues = chunk.Values;
        int count = (int)chunk.Values;
        int[]? defined = leaf.Steps.Length > 0 ? Filled(count) : null, repeats = leaf.Repeats > 0 ? Filled(count) : null;
        Array values = leaf.Kind switch
        {
            ParquetKind.Boolean => Values(new bool[count]),
            ParquetKind.Int32 => Values(new int[count]),
            ParquetKind.Int64 => Values(new long[count]),
            ParquetKind.Float => Values(new float[count]),
            ParquetKind.Double => Values(new double[count]),
            _ => Values(ParquetColumn.Unread(count)),
        };
        if (defined?.AsSpan().IndexOfAnyExceptInRange(0, leaf.Defined) >= 0 || repeats?.AsSpan().IndexOfAnyExceptInRange(0, leaf.Repeats) >= 0)
            throw new InvalidDataException("the levels of a column are damaged");
        return new(values, defined, repeats, leaf.Defined);

        T[] Values<T>(T[] into) where T : struct
        {
            // all is in memory: nothing is waited for
            _group.ReadRawAsync<T>(field, into, Levels(defined), Levels(repeats)).AsTask().GetAwaiter().GetResult();
            return into;
        }
    }

    // an array that is null would become empty memory, which is not none
    private static Memory<int>? Levels(int[]? levels) => levels == null ? default(Memory<int>?) : levels.AsMemory();

    // a level that no page gives stays -1
    private static int[] Filled(int count)
    {
        int[] levels = new int[count];
        Array.Fill(levels, -1);
        return levels;
    }

    // what may be absent becomes an optional group, what repeats a repeated one: the same levels as the file's, whatever its groups were
    private static byte[] Footer(IReadOnlyList<ParquetLeaf> leaves)
    {
        List<Action<ThriftWriter>> schema = [root => root.Text(4, "row"u8).Number(5, leaves.Count)], chunks = [];
        foreach (ParquetLeaf leaf in leaves)
        {
            byte[] name = System.Text.Encoding.ASCII.GetBytes($"c{leaf.Index}");
            foreach (char step in leaf.Steps)
                schema.Add(group => group.Number(3, step == 'o' ? 1 : 2).Text(4, name).Number(5, 1));
            schema.Add(column => column.Number(1, (int)leaf.Kind).Number(2, BitsOfTruth).Number(3, 0).Text(4, name));
            byte[][] path = [.. Enumerable.Repeat(name, leaf.Steps.Length + 1)];
            chunks.Add(chunk => chunk.Number(2, 4, 6).Struct(3, meta => meta.Number(1, (int)leaf.Kind).Texts(3, path).Number(4, 0).Number(5, 0, 6)
                .Number(6, 0, 6).Number(7, 0, 6).Number(9, 4, 6)));
        }

        return new ThriftWriter().Whole(file => file.Number(1, 1).List(2, schema).Number(3, 0, 6)
            .List(4, [group => group.List(1, chunks).Number(2, 0, 6).Number(3, 0, 6)])).ToArray();
    }

    // Parquet.Net takes the end of a stream for bytes of 255 and reads on for ever
    private sealed class PageStream : MemoryStream
    {
        public override int ReadByte() => base.ReadByte() is >= 0 and int value ? value : throw new EndOfStreamException("a column has fewer values than the footer says");
    }
}
