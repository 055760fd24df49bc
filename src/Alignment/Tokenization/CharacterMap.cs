using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Alignment.Tokenization;

/// <summary>
/// SentencePiece's table of characters to be written otherwise (precompiled_charsmap), as Hugging Face tokenizers apply it: to a grapheme of fewer than six
/// bytes of UTF-8 as a whole, where a key begins it, else to each of its characters. The table is a double-array trie (Yata's darts-clone) of 32-bit units
/// and the texts, each ended by a zero byte.
/// </summary>
internal sealed record CharacterMap : NormalizerStep
{
    private const char Plain = '\u0300'; // below, no character joins the one before it, but for CR LF
    private readonly uint[] _units;
    private readonly byte[] _texts;
    private readonly string?[] _plain;

    /// <exception cref="FormatException">It is no such table.</exception>
    public CharacterMap(ReadOnlySpan<byte> table)
    {
        uint length = table.Length >= 4 ? BinaryPrimitives.ReadUInt32LittleEndian(table) : uint.MaxValue;
        if (length > table.Length - 4 || length % 4 != 0 || length == 0)
            throw new FormatException("is no table of characters, or cut");
        _units = new uint[length / 4];
        for (int i = 0; i < _units.Length; i++)
            _units[i] = BinaryPrimitives.ReadUInt32LittleEndian(table[(4 + (4 * i))..]);
        _texts = table[(4 + (int)length)..].ToArray();
        _plain = [.. Enumerable.Range(0, Plain).Select(c => Mapped(((char)c).ToString()))];
    }

    public override string Name => "Precompiled";

    /// <inheritdoc/>
    public override bool KeepsStart => true;

    public override string Apply(string text)
    {
        StringBuilder normal = new(text.Length + 8);
        for (int at = 0, length; at < text.Length; at += length)
        {
            bool single = text[at] < Plain && text[at] != '\r' && (at + 1 == text.Length || text[at + 1] < Plain);
            length = single ? 1 : StringInfo.GetNextTextElementLength(text, at);
            ReadOnlySpan<char> grapheme = text.AsSpan(at, length);
            if (single)
                Append(normal, grapheme, _plain[text[at]]);
            else if (Encoding.UTF8.GetByteCount(grapheme) < 6 && Mapped(grapheme) is { } whole)
                normal.Append(whole);
            else
                for (int i = 0, size; i < grapheme.Length; i += size)
                {
                    Rune.DecodeFromUtf16(grapheme[i..], out _, out size);
                    Append(normal, grapheme.Slice(i, size), Mapped(grapheme.Slice(i, size)));
                }
        }

        return normal.ToString();
    }

    private static void Append(StringBuilder normal, ReadOnlySpan<char> text, string? mapped)
    {
        if (mapped is null)
            normal.Append(text);
        else
            normal.Append(mapped);
    }

    // what the shortest key says that the text begins with; null where none does
    private string? Mapped(ReadOnlySpan<char> text)
    {
        Span<byte> utf8 = stackalloc byte[8];
        int count = Encoding.UTF8.GetBytes(text, utf8);
        uint node = Offset(_units[0]);
        foreach (byte b in utf8[..count])
        {
            node ^= b;
            if (b == 0 || node >= _units.Length || (_units[node] & 0x800000FF) != b)
                return null;
            bool ends = (_units[node] & 0x100) != 0;
            node ^= Offset(_units[node]);
            if (ends)
                return node < _units.Length ? TextAt(_units[node] & 0x7FFFFFFF) : null;
        }

        return null;
    }

    private string? TextAt(uint start)
    {
        if (start > _texts.Length)
            return null;
        ReadOnlySpan<byte> text = _texts.AsSpan((int)start);
        int end = text.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? text : text[..end]);
    }

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & 0x200) >> 6);
}
