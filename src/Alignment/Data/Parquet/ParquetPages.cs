using System.Buffers.Binary;
using System.IO.Compression;
using Snappier;
using ZstdSharp;

namespace Alignment.Data.Parquet;

/// <summary>
/// The pages of a column, checked, unpacked and written anew in the one form that Parquet.Net reads of all: version 1, not packed. The package itself
/// believes every size a file states, and it has no pages of version 2 with lists.
/// </summary>
internal static class ParquetPages
{
    // a page that unpacks to more than this must not do so from next to nothing: deflate reaches 1:1032, text far less
    private const int FreeBytes = 1 << 24, LargestRatio = 1100, LargestGroup = 1 << 30;
    private const int DataPage = 0, DictionaryPage = 2, DataPage2 = 3, RunLengths = 3;

    /// <summary>Writes the pages of a chunk from position 4 on.</summary>
    /// <exception cref="InvalidDataException">They do not hold what the footer says, or are packed in a way that is not read.</exception>
    public static void Write(FileStream file, ParquetChunk chunk, ParquetLeaf leaf, MemoryStream pages)
    {
        if (chunk.Length < 0 || chunk.Offset < 4 || chunk.Offset > file.Length - chunk.Length || chunk.Length > Array.MaxLength)
            throw new InvalidDataException("a column stands outside the file");
        byte[] bytes = new byte[chunk.Length];
        file.Seek(chunk.Offset, SeekOrigin.Begin);
        file.ReadExactly(bytes);
        pages.SetLength(4);
        pages.Position = 4;
        ReadOnlyMemory<byte> rest = bytes;
        for (long values = 0; values < chunk.Values;)
        {
            ThriftStruct head = ThriftStruct.Read(rest, out int length);
            long packed = head.Number(3), unpacked = head.Number(2);
            if (packed < 0 || packed > rest.Length - length)
                throw new InvalidDataException("a page is cut");
            if (unpacked < 0 || unpacked > Math.Max(FreeBytes, LargestRatio * packed) || pages.Length + unpacked > LargestGroup)
                throw new InvalidDataException($"a page of {packed} bytes claims to unpack to {unpacked}, too much for a column of a row group");
            values += Page(head, rest.Span.Slice(length, (int)packed), (int)unpacked, chunk, leaf, pages);
            if (values > chunk.Values)
                throw new InvalidDataException("a column has more values than the footer says");
            rest = rest[(length + (int)packed)..];
        }
    }

    private static long Page(ThriftStruct head, ReadOnlySpan<byte> packed, int size, ParquetChunk chunk, ParquetLeaf leaf, MemoryStream pages)
    {
        switch (head.Number(1))
        {
            case DictionaryPage:
                ThriftStruct dictionary = head.Struct(7);
                byte[] entries = Unpacked(chunk.Codec, packed, size);
                // an entry of text has four bytes of length at least, one of a truth value a bit
                if (dictionary.Number(1) < 0 || dictionary.Number(1) > 8L * size)
                    throw new InvalidDataException($"a dictionary of {dictionary.Number(1)} entries stands in {size} bytes");
                Write(pages, DictionaryPage, 7, dictionary.Number(1), dictionary.Number(2), [entries]);
                return 0;
            case DataPage:
                ThriftStruct first = head.Struct(5);
                if ((leaf.Steps.Length > 0 && first.Number(3) != RunLengths) || (leaf.Repeats > 0 && first.Number(4) != RunLengths))
                    throw new InvalidDataException("a page has levels in an encoding that was given up in 2013");
                byte[] all = Unpacked(chunk.Codec, packed, size);
                int begin = leaf.Repeats > 0 ? LevelLength(all, 0) : 0;
                begin += leaf.Steps.Length > 0 ? LevelLength(all, begin) : 0;
                return Data(pages, first.Number(1), first.Number(2), [all[..begin], Values(all[begin..], first.Number(2), leaf)]);
            case DataPage2:
                ThriftStruct second = head.Struct(8);
                long repeats = second.Number(6), defined = second.Number(5);
                if (repeats < 0 || defined < 0 || repeats + defined > packed.Length || repeats + defined > size)
                    throw new InvalidDataException("the levels of a page are longer than the page");
                ReadOnlySpan<byte> content = packed[(int)(repeats + defined)..];
                int contentSize = size - (int)(repeats + defined);
                byte[] data = Unpacked(second.Number(7, 1) == 0 ? 0 : chunk.Codec, content, contentSize);
                byte[][] levels = [leaf.Repeats > 0 ? Level(packed[..(int)repeats]) : [], leaf.Steps.Length > 0 ? Level(packed.Slice((int)repeats, (int)defined)) : []];
                return Data(pages, second.Number(1), second.Number(4), [.. levels, Values(data, second.Number(4), leaf)]);
            default:
                // a page of an index holds no values
                return 0;
        }
    }

    // run lengths of truth values follow their own length, which the package takes for the first run
    private static byte[] Values(byte[] data, long encoding, ParquetLeaf leaf) => encoding != RunLengths || data.Length == 0 ? data
        : leaf.Kind == ParquetKind.Boolean && data.Length >= 4 ? data[4..] : throw new InvalidDataException("a page has run lengths of what is no truth value");

    private static int LevelLength(byte[] page, int at) => at <= page.Length - 4 && BinaryPrimitives.ReadInt32LittleEndian(page.AsSpan(at)) is >= 0 and var length
        && length <= page.Length - at - 4 ? 4 + length : throw new InvalidDataException("the levels of a page are longer than the page");

    private static byte[] Level(ReadOnlySpan<byte> levels)
    {
        byte[] bytes = new byte[4 + levels.Length];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, levels.Length);
        levels.CopyTo(bytes.AsSpan(4));
        return bytes;
    }

    private static long Data(MemoryStream pages, long values, long encoding, byte[][] parts)
    {
        if (values < 0 || values > int.MaxValue)
            throw new InvalidDataException($"a page has {values} values");
        if (values > 0)
            Write(pages, DataPage, 5, values, encoding, parts);
        return values;
    }

    private static void Write(MemoryStream pages, int type, int field, long values, long encoding, byte[][] parts)
    {
        int size = parts.Sum(part => part.Length);
        pages.Write(new ThriftWriter().Whole(head => head.Number(1, type).Number(2, size).Number(3, size)
            .Struct(field, page => _ = field == 5 ? page.Number(1, values).Number(2, encoding).Number(3, RunLengths).Number(4, RunLengths)
                : page.Number(1, values).Number(2, encoding))).ToArray());
        foreach (byte[] part in parts)
            pages.Write(part);
    }

    private static byte[] Unpacked(long codec, ReadOnlySpan<byte> packed, int size)
    {
        if (size == 0)
            return [];
        if (codec == 1 && Snappy.GetUncompressedLength(packed) != size)
            throw new InvalidDataException("a page unpacks to another size than it says");
        byte[] bytes = new byte[size];
        int count = codec switch
        {
            0 => Copy(packed, bytes),
            1 => Snappy.Decompress(packed, bytes),
            2 => Inflate(packed, bytes),
            6 => Zstd(packed, bytes),
            _ => throw new NotSupportedException($"its pages are packed with {Name(codec)}; write it with snappy, zstd, gzip or not packed"),
        };
        return count == size ? bytes : throw new InvalidDataException("a page unpacks to another size than it says");
    }

    private static int Copy(ReadOnlySpan<byte> from, byte[] to)
    {
        if (from.Length != to.Length)
            return -1;
        from.CopyTo(to);
        return from.Length;
    }

    private static int Inflate(ReadOnlySpan<byte> packed, byte[] bytes)
    {
        using var stream = new GZipStream(new MemoryStream(packed.ToArray()), CompressionMode.Decompress);
        return stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
    }

    private static int Zstd(ReadOnlySpan<byte> packed, byte[] bytes)
    {
        using var decompressor = new Decompressor();
        return decompressor.Unwrap(packed, bytes);
    }

    private static string Name(long codec) => codec switch { 3 => "lzo", 4 => "brotli", 5 or 7 => "lz4", _ => $"method {codec}" };
}
