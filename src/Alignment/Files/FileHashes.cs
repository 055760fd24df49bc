using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace Alignment.Files;

/// <summary>
/// Fingerprints of all bytes of files. Each file is read once, by all processors; its digits are kept in a folder beside its <see cref="FileStamp"/>
/// and are believed only while path, size, times and inode are those they were read under.
/// </summary>
/// <param name="folder">Where the digits are kept, a small file for each path.</param>
/// <param name="clock">Tells whether a file was changed so lately that its times could not show another change.</param>
/// <param name="log">Gets a line before gigabytes are read.</param>
internal sealed class FileHashes(string folder, TimeProvider clock, Action<string> log)
{
    private const int ChunkBytes = 1 << 24, BlockBytes = 1 << 18, NameDigits = 20;
    private const long Long = 1L << 30;
    private static readonly TimeSpan s_settled = TimeSpan.FromSeconds(2);

    /// <summary>The fingerprint of a file, 64 digits.</summary>
    /// <exception cref="IOException">It cannot be read, or is written to meanwhile.</exception>
    public string Of(string path)
    {
        path = Path.GetFullPath(path);
        FileStamp stamp = FileStamp.Of(path);
        if (Kept(path, stamp) is { } known)
            return known;
        if (stamp.Bytes >= Long)
            log(FormattableString.Invariant($"reading {path}, {stamp.Bytes / 1e9:F1} GB, for its fingerprint"));
        string digits = Hash(path, stamp.Bytes);
        if (FileStamp.Of(path) != stamp)
            throw new IOException($"{path}: is being written to; wait until it is whole");
        if (stamp.Modified < Nanoseconds(clock.GetUtcNow() - s_settled))
        {
            Directory.CreateDirectory(folder);
            AtomicFile.WriteText(Place(path), JsonSerializer.Serialize(new Entry(path, stamp, digits)) + "\n");
        }

        return digits;
    }

    /// <summary>The file has been read before, and is as it was.</summary>
    public bool Knows(string path) => Kept(Path.GetFullPath(path), FileStamp.Of(path)) != null;

    private string? Kept(string path, FileStamp stamp) => Read(Place(path)) is { } known && known.Path == path && known.Stamp == stamp ? known.Digits : null;

    private string Place(string path) => Path.Combine(folder, Fingerprint.Of(path, NameDigits) + ".json");

    // the chunks are hashed side by side, then their digits in order
    private static string Hash(string path, long bytes)
    {
        using SafeFileHandle file = File.OpenHandle(path);
        byte[][] chunks = new byte[(bytes + ChunkBytes - 1) / ChunkBytes][];
        Parallel.For(0, chunks.Length, () => new byte[BlockBytes], (chunk, _, block) =>
        {
            chunks[chunk] = Hash(file, (long)chunk * ChunkBytes, Math.Min(ChunkBytes, bytes - (long)chunk * ChunkBytes), block);
            return block;
        }, _ => { });
        using var all = new Fingerprint();
        all.Add(bytes);
        foreach (byte[] chunk in chunks)
            all.Append(chunk);
        return all.Hex();
    }

    private static byte[] Hash(SafeFileHandle file, long start, long length, byte[] block)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long left = length; left > 0;)
        {
            int read = RandomAccess.Read(file, block.AsSpan(0, (int)Math.Min(block.Length, left)), start + length - left);
            if (read == 0)
                throw new EndOfStreamException("the file has become shorter while it was read");
            hash.AppendData(block, 0, read);
            left -= read;
        }

        return hash.GetHashAndReset();
    }

    // what is not readable is read anew
    private static Entry? Read(string path)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<Entry>(File.ReadAllText(path)) : null;
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            return null;
        }
    }

    private static long Nanoseconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    private sealed record Entry(string Path, FileStamp Stamp, string Digits);
}
