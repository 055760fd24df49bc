using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Alignment.Data;

/// <summary>Lines of a .jsonl or .jsonl.gz file, one at a time; the file may be larger than memory.</summary>
internal static class JsonLines
{
    /// <summary>The longest line that is read: room for a long conversation, and not for a file made to fill the memory.</summary>
    public const int MaxLineBytes = 1 << 23;

    /// <summary>Number (from 1) and bytes of each line that is not blank, without its end.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The gzip stream is damaged or cut, or a line is longer than <see cref="MaxLineBytes"/>.</exception>
    public static IEnumerable<(int Number, byte[] Bytes)> Read(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"{path}: no such file; preference data is read from .jsonl or .jsonl.gz", path);
        using FileStream file = File.OpenRead(path);
        bool packed = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);
        using Stream stream = packed ? new GZipStream(file, CompressionMode.Decompress) : file;
        using MemoryStream line = new();
        byte[] block = new byte[1 << 16];
        int number = 1;
        uint total = 0;
        for (int count; (count = Fill(stream, block, path, number)) > 0;)
        {
            total += (uint)count;
            int from = 0;
            for (int end; (end = Array.IndexOf(block, (byte)'\n', from, count - from)) >= 0; from = end + 1)
            {
                line.Write(block, from, end - from);
                if (Whole(line, number) is { Length: > 0 } bytes)
                    yield return (number, bytes);
                number++;
            }
            line.Write(block, from, count - from);
            if (line.Length > MaxLineBytes)
                throw new InvalidDataException($"{path}({number}): the line is longer than {MaxLineBytes} bytes; one JSON object a line is wanted");
        }
        // .NET takes a gzip stream that is cut for its end: the last four bytes hold the size, modulo 2^32 (RFC 1952)
        if (packed && (file.Length < 18 || total != StatedSize(path)))
            throw Damaged(path, number, null);
        if (Whole(line, number) is { Length: > 0 } last)
            yield return (number, last);
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

    private static int Fill(Stream stream, byte[] block, string path, int number)
    {
        try
        {
            return stream.Read(block);
        }
        catch (InvalidDataException e)
        {
            throw Damaged(path, number, e);
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

    private static InvalidDataException Damaged(string path, int number, Exception? cause) => new(
        $"{path}({number}): the gzip stream is damaged, cut here or made of several parts; "
        + "download the file again, or unpack and pack it anew", cause);
}
