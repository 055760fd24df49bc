using Alignment.Files;

namespace Alignment.Tests.Unit.Mutations;

/// <summary>Damages bytes as disks, downloads and hands do: flips, cuts, repeated and deleted ranges, digits where none were.</summary>
internal static class Mutator
{
    private const int LongestRange = 64, MostDigits = 12;

    /// <summary>A copy with one change, or one in three times up to three; the same stream gives the same copies.</summary>
    public static byte[] Damaged(byte[] good, SeededRandom random)
    {
        byte[] bytes = good;
        for (int changes = 1 + (random.NextInt(3) == 0 ? random.NextInt(3) : 0); changes > 0 && bytes.Length > 0; changes--)
            bytes = Change(bytes, random);
        return bytes;
    }

    private static byte[] Change(byte[] bytes, SeededRandom random)
    {
        int at = random.NextInt(bytes.Length), end = at + 1 + random.NextInt(Math.Min(LongestRange, bytes.Length - at));
        return random.NextInt(9) switch
        {
            0 => bytes[..at],
            1 => [.. bytes[..at], .. bytes[end..]],
            2 => [.. bytes[..end], .. bytes[at..]],
            3 => With(bytes, at, (byte)(bytes[at] ^ (1 << random.NextInt(8)))),
            4 => With(bytes, at, (byte)random.NextInt(256)),
            5 => Digits(bytes, at, random),
            6 => Digits(bytes, NextDigit(bytes, at), random),
            7 => With(bytes, NextDigit(bytes, at), (byte)('0' + random.NextInt(10))),
            _ => With(bytes, NextDigit(bytes, at), (byte)'-'),
        };
    }

    private static byte[] Digits(byte[] bytes, int at, SeededRandom random) =>
        [.. bytes[..at], .. Enumerable.Range(0, 1 + random.NextInt(MostDigits)).Select(_ => (byte)('0' + random.NextInt(10))), .. bytes[at..]];

    private static int NextDigit(byte[] bytes, int at)
    {
        int next = bytes.AsSpan(at).IndexOfAnyInRange((byte)'0', (byte)'9');
        return next < 0 ? at : at + next;
    }

    private static byte[] With(byte[] bytes, int at, byte value)
    {
        byte[] changed = [.. bytes];
        changed[at] = value;
        return changed;
    }
}
