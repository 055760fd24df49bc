namespace Alignment.Tokenization;

/// <summary>GPT-2's printable spelling of bytes: printable Latin-1 characters stand for themselves, the others for U+0100 and up, in order.</summary>
internal static class ByteAlphabet
{
    private static readonly char[] s_spelling = Spelling();
    private static readonly Dictionary<char, byte> s_values = s_spelling.Index().ToDictionary(s => s.Item, s => (byte)s.Index);

    /// <summary>The character that spells a byte.</summary>
    public static char Of(byte value) => s_spelling[value];

    /// <summary>The byte that a character spells; null where it spells none.</summary>
    public static byte? Value(char spelling) => s_values.TryGetValue(spelling, out byte value) ? value : null;

    private static char[] Spelling()
    {
        char[] spelling = new char[256];
        int others = 0;
        for (int b = 0; b < 256; b++)
            spelling[b] = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE) ? (char)b : (char)(256 + others++);
        return spelling;
    }
}
