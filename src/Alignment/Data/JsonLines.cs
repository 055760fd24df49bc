using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Alignment.Data.Parquet;
using ZstdSharp;

namespace Alignment.Data;

/// <summary>A row of a data file.</summary>
/// <param name="Path">The file.</param>
/// <param name="Number">From 1: of the line, of the item where the file is a list, or of the row of a Parquet file.</param>
/// <param name="Bytes">Its text, without what ends it.</param>
internal readonly record struct JsonLine(string Path, int Number, byte[] Bytes);

/// <summary>
/// The rows of files of one JSON object a line, or of one list of objects, packed with gzip, zstd or not, and of Parquet. They are read one at a time;
/// a file may be larger than memory.
/// </summary>
internal static class JsonLines
{
    /// <summary>The longest row that is read: room for a long conversation, and not for a file made to fill the memory.</summary>
    public const int MaxLineBytes = 1 << 23;

    // ten bytes of a header, two of a block of nothing, eight of check-sum and size (RFC 1951, 1952)
    private const int SmallestGzip = 20;

    /// <summary>Each row that is not blank.</summary>
    /// <param name="path">As in <see cref="DataFiles"/>.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">
    /// The packed stream or the Parquet file is damaged or cut, a list does not end, or a row is longer than <see cref="MaxLineBytes"/>.
    /// </exception>
    public static IEnumerable<JsonLine> Read(string path) => DataFiles.At(path).SelectMany(file => EndsWith(file, ".parquet") ? ReadParquet(file) : ReadFile(file));

    private static IEnumerable<JsonLine> ReadParquet(string path)
    {
        int number = 0;
        foreach (byte[] bytes in ParquetRows.Of(path, MaxLineBytes))
            yield return new(path, ++number, bytes);
    }

    private static bool EndsWith(string path, string extension) => path.EndsWith(extension, StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<JsonLine> ReadFile(string path)
    {
        var at = new Place(path);
        using IEnumerator<ReadOnlyMemory<byte>> blocks = Blocks(at).GetEnumerator();
        if (!blocks.MoveNext())
            yield break;
        bool list = blocks.Current.Span.TrimStart(Encoding.UTF8.Preamble).TrimStart(" \t\r\n"u8).StartsWith("["u8);
        foreach (byte[] bytes in list ? JsonItems.Of(blocks, at) : Lines(blocks, at))
            if (bytes.Length > 0)
                yield return new(path, at.Number, bytes);
    }

    private static IEnumerable<byte[]> Lines(IEnumerator<ReadOnlyMemory<byte>> blocks, Place at)
    {
        using MemoryStream line = new();
        do
        {
            ReadOnlyMemory<byte> block = blocks.Current;
            for (int end; (end = block.Span.IndexOf((byte)'\n')) >= 0; block = block[(end + 1)..])
            {
                line.Write(block.Span[..end]);
                yield return Whole(line, at.Number);
                at.Number++;
            }

            line.Write(block.Span);
            at.RequireLength(line.Length);
        }
        while (blocks.MoveNext());
        yield return Whole(line, at.Number);
    }

    private static byte[] Whole(MemoryStream line, int number)
    {
        ReadOnlySpan<byte> bytes = line.GetBuffer().AsSpan(0, (int)line.Length);
        if (number == 1 && bytes.StartsWith(Encoding.UTF8.Preamble))
            bytes = bytes[3..];
        byte[] whole = bytes.Trim(" \t\r"u8).ToArray();
        line.SetLength(0);
        return whole;
    }

    // the next block is read over the one before
    private static IEnumerable<ReadOnlyMemory<byte>> Blocks(Place at)
    {
        using FileStream file = File.OpenRead(at.Path);
        bool gzip = EndsWith(at.Path, ".gz");
        using Stream stream = gzip ? new GZipStream(file, CompressionMode.Decompress) : EndsWith(at.Path, ".zst") ? new DecompressionStream(file) : file;
        byte[] block = new byte[1 << 16];
        uint total = 0;
        for (int count; (count = Fill(stream, block, at)) > 0; total += (uint)count)
            yield return block.AsMemory(0, count);
        // .NET takes a gzip stream that is cut for its end: the last four bytes hold the size, modulo 2^32 (RFC 1952)
        if (gzip && (file.Length < SmallestGzip || total != StatedSize(at.Path)))
            throw at.Damaged(null);
    }

    private static int Fill(Stream stream, byte[] block, Place at)
    {
        try
        {
            return stream.Read(block);
        }
        catch (Exception e) when (e is InvalidDataException or ZstdException or EndOfStreamException)
        {
            throw at.Damaged(e);
        }
    }

    private static uint StatedSize(string path)
    {
        using FileStream file = File.OpenRead(path);
        file.Seek(-4, SeekOrigin.End);
        byte[] end = new byte[4];
        file.ReadExactly(end);
        return BinaryPrimitives.ReadUInt32LittleEndian(end);
    }

    /// <summary>How far a file has been read.</summary>
    internal sealed class Place(string path)
    {
        public string Path { get; } = path;

        /// <summary>The row that is read, from 1.</summary>
        public int Number { get; set; } = 1;

        public void RequireLength(long bytes)
        {
            if (bytes > MaxLineBytes)
                throw new InvalidDataException($"{Path}({Number}): the line is longer than {MaxLineBytes} bytes; one JSON object a line is wanted");
        }

        public InvalidDataException Damaged(Exception? cause) => new(
            $"{Path}({Number}): the {(EndsWith(Path, ".zst") ? "zstd" : "gzip")} stream is damaged, cut here or made of several parts; "
            + "download the file again, or unpack and pack it anew", cause);
    }
}
