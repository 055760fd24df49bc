using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Alignment.Tokenization;

namespace Alignment.Data;

/// <summary>The check-sum of pairs that run ids are made of: texts, roles and order, not where they come from.</summary>
public static class ContentHash
{
    /// <summary>SHA-256 in lower-case hexadecimal; each text is preceded by its length, so that no two lists run together.</summary>
    public static string Of(IEnumerable<PreferencePair> pairs)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (PreferencePair pair in pairs)
        {
            Append(hash, pair.Prompt.Count);
            foreach (Message turn in pair.Prompt)
            {
                Append(hash, (int)turn.Role);
                Append(hash, turn.Text);
            }
            Append(hash, pair.Chosen);
            Append(hash, pair.Rejected);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Append(IncrementalHash hash, string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        Append(hash, utf8.Length);
        hash.AppendData(utf8);
    }

    private static void Append(IncrementalHash hash, int number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        hash.AppendData(bytes);
    }
}
