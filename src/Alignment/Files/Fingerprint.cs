using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Alignment.Files;

/// <summary>
/// The one way to tell contents apart: SHA-256 over parts, each preceded by its length, so that no two lists of parts run together. Equal parts in
/// the same order give the same digits on every machine.
/// </summary>
internal sealed class Fingerprint : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>The first <paramref name="digits"/> hexadecimal digits of one text's fingerprint.</summary>
    public static string Of(string text, int digits)
    {
        using var fingerprint = new Fingerprint();
        return fingerprint.Add(text).Hex(digits);
    }

    /// <summary>The first digits of one list of numbers' fingerprint.</summary>
    public static string Of(ReadOnlySpan<int> numbers, int digits)
    {
        using var fingerprint = new Fingerprint();
        return fingerprint.Add(numbers).Hex(digits);
    }

    /// <summary>The first 128 bits of some texts' fingerprint: for sets of millions.</summary>
    public static UInt128 Of(params ReadOnlySpan<string> texts)
    {
        using var fingerprint = new Fingerprint();
        foreach (string text in texts)
            fingerprint.Add(text);
        return BinaryPrimitives.ReadUInt128BigEndian(fingerprint._hash.GetHashAndReset());
    }

    /// <summary>Adds a text.</summary>
    public Fingerprint Add(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        return Begin(utf8.Length).Append(utf8);
    }

    /// <summary>Adds a number, which has no length.</summary>
    public Fingerprint Add(long number) => Begin(number);

    /// <summary>Adds a list of numbers, such as token ids.</summary>
    public Fingerprint Add(ReadOnlySpan<int> numbers) => Begin(numbers.Length).Append(MemoryMarshal.AsBytes(numbers));

    /// <summary>Begins a part that comes in pieces: its whole length in bytes.</summary>
    public Fingerprint Begin(long length)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, length);
        return Append(bytes);
    }

    /// <summary>The next piece of the part that was begun.</summary>
    public Fingerprint Append(ReadOnlySpan<byte> piece)
    {
        _hash.AppendData(piece);
        return this;
    }

    /// <summary>The first digits of the fingerprint in lower-case hexadecimal, 64 at most; what is added next begins another.</summary>
    public string Hex(int digits = 2 * SHA256.HashSizeInBytes) => Convert.ToHexStringLower(_hash.GetHashAndReset())[..digits];

    /// <summary>Frees the hash.</summary>
    public void Dispose() => _hash.Dispose();
}
