using System.Buffers.Binary;

namespace Alignment.Data.Parquet;

/// <summary>What stands at the end of a Parquet file: its schema and where its columns are.</summary>
/// <param name="Row">The shape of a row.</param>
/// <param name="Leaves">All columns, those that are passed over too.</param>
/// <param name="Groups">The row groups in order.</param>
internal sealed record ParquetFooter(ParquetObject Row, IReadOnlyList<ParquetLeaf> Leaves, IReadOnlyList<ParquetGroup> Groups)
{
    private const int EndBytes = 8;

    private static ReadOnlySpan<byte> Mark => "PAR1"u8;

    /// <exception cref="InvalidDataException">It is damaged, or the file is none of Parquet.</exception>
    public static ParquetFooter Read(FileStream file)
    {
        Span<byte> begin = stackalloc byte[4], end = stackalloc byte[EndBytes];
        if (file.Length >= 4 + EndBytes)
            file.ReadExactly(begin);
        if (!begin.SequenceEqual(Mark))
            throw new InvalidDataException("it does not begin with PAR1, as every Parquet file does");
        file.Seek(-EndBytes, SeekOrigin.End);
        file.ReadExactly(end);
        if (!end[4..].SequenceEqual(Mark))
            throw new InvalidDataException(end[4..].SequenceEqual("PARE"u8) ? "its footer is encrypted" : "it does not end with PAR1; the file is cut");
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(end);
        if (length > file.Length - 4 - EndBytes)
            throw new InvalidDataException($"its footer claims {length} bytes of a file of {file.Length}");
        byte[] bytes = new byte[length];
        file.Seek(-EndBytes - (long)length, SeekOrigin.End);
        file.ReadExactly(bytes);
        ThriftStruct footer = ThriftStruct.Read(bytes, out _);
        List<ParquetLeaf> leaves = [];
        ParquetObject row = ParquetShape.Of(footer.Structs(2), leaves);
        return new(row, leaves, [.. footer.Structs(4).Select(group => ParquetGroup.Of(group, leaves.Count))]);
    }
}

/// <summary>Some thousand rows, column by column.</summary>
/// <param name="Count">How many.</param>
/// <param name="Chunks">The values of each column.</param>
internal sealed record ParquetGroup(long Count, IReadOnlyList<ParquetChunk> Chunks)
{
    public static ParquetGroup Of(ThriftStruct group, int columns)
    {
        ParquetChunk[] chunks = [.. group.Structs(1).Select(ParquetChunk.Of)];
        return chunks.Length == columns ? new(group.Number(3), chunks)
            : throw new InvalidDataException($"a row group has {chunks.Length} columns, the schema {columns}");
    }
}

/// <summary>The values of one column in a row group: pages one behind the other.</summary>
/// <param name="Codec">How its pages are packed.</param>
/// <param name="Values">How many, those that are null or stand for an empty list too.</param>
/// <param name="Offset">Where its first page begins.</param>
/// <param name="Length">Bytes of all its pages and their headers.</param>
internal sealed record ParquetChunk(long Codec, long Values, long Offset, long Length)
{
    public static ParquetChunk Of(ThriftStruct chunk)
    {
        if (!chunk.HasStruct(3))
            throw new InvalidDataException(chunk.Has(8) || chunk.Has(9) ? "its columns are encrypted" : "a column's place is missing");
        ThriftStruct meta = chunk.Struct(3);
        // writers that have no dictionary give it the place 0 or none
        long dictionary = meta.Number(11, 0), data = meta.Number(9);
        return new(meta.Number(4), meta.Number(5), dictionary > 0 ? Math.Min(dictionary, data) : data, meta.Number(7));
    }
}
