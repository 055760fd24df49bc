using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Alignment.Files;

/// <summary>
/// A named stream of random numbers: the same seed and name give the same numbers on every machine, and streams of different names are
/// independent. SplitMix64 (Steele, Lea, Flood 2014) over a SHA-256 of seed and name.
/// </summary>
internal sealed class SeededRandom
{
    private ulong _state;

    /// <summary>Opens the stream <paramref name="name"/> of <paramref name="seed"/>; indices in the name make sub-streams.</summary>
    public SeededRandom(ulong seed, string name)
    {
        byte[] text = Encoding.UTF8.GetBytes(name);
        byte[] input = new byte[8 + text.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(input, seed);
        text.CopyTo(input, 8);
        _state = BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(input));
    }

    /// <summary>64 random bits.</summary>
    public ulong NextUInt64()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>Uniform in [0, 1), 53 bits.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in 0 … <paramref name="bound"/> − 1 without bias (Lemire 2019).</summary>
    public int NextInt(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        ulong limit = (0UL - (ulong)bound) % (ulong)bound;
        while (true)
        {
            ulong high = Math.BigMul(NextUInt64(), (ulong)bound, out ulong low);
            if (low >= limit)
                return (int)high;
        }
    }

    /// <summary>Standard normal (Box and Muller 1958).</summary>
    public double NextNormal()
    {
        double radius = Math.Sqrt(-2 * Math.Log(1 - NextDouble()));
        return radius * Math.Cos(2 * Math.PI * NextDouble());
    }

    /// <summary>Shuffles in place (Fisher and Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = NextInt(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }
}
