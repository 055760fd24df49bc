using System.Text;

namespace Alignment.Tests.Unit.Tokenization;

/// <summary>Writes SentencePiece models of a few pieces, whole or broken, by the wire format of sentencepiece_model.proto.</summary>
internal static class SmallModel
{
    public const int Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6;

    public static (string, float, int)[] Pieces { get; } =
    [
        ("<unk>", 0, Unknown), ("<s>", 0, Control), ("</s>", 0, Control),
        ("aa", -1, Normal), ("▁a", -2, Normal), ("ab", -2, Normal), ("[x]", 0, UserDefined),
        ("▁", -3, Normal), ("a", -3, Normal), ("b", -3, Normal), ("[", -3, Normal),
    ];

    /// <summary>The 256 byte pieces.</summary>
    public static IEnumerable<(string, float, int)> Bytes => Enumerable.Range(0, 256).Select(b => ($"<0x{b:X2}>", 0f, Byte));

    public static byte[] Write(IEnumerable<(string Text, float Score, int Kind)> pieces, byte[] trainer, byte[] normalizer)
    {
        List<byte> file = [];
        foreach ((string text, float score, int kind) in pieces)
            file.AddRange(Field(1, [.. Field(1, Encoding.UTF8.GetBytes(text)), 0x15, .. BitConverter.GetBytes(score), .. Number(3, kind)]));
        return [.. file, .. Field(2, trainer), .. Field(3, normalizer)];
    }

    /// <summary>BPE; the normaliser is the identity.</summary>
    public static byte[] Write(IEnumerable<(string, float, int)> pieces, bool byteFallback) =>
        Write(pieces, [.. Number(3, 2), .. Number(35, byteFallback ? 1 : 0)], [.. Number(3, 1), .. Number(4, 0)]);

    public static byte[] Number(int field, int value) => [.. Varint(field << 3), .. Varint(value)];

    public static byte[] Field(int field, byte[] content) => [.. Varint((field << 3) | 2), .. Varint(content.Length), .. content];

    private static List<byte> Varint(int value)
    {
        List<byte> bytes = [];
        for (; value > 127; value >>= 7)
            bytes.Add((byte)(value | 128));
        bytes.Add((byte)value);
        return bytes;
    }
}
