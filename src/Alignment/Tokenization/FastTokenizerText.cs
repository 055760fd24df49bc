using System.Text;

namespace Alignment.Tokenization;

/// <summary>The decoder of Llama-2 and Phi-3 tokenizer.json files: Replace ▁, ByteFallback, Fuse, Strip one space at the start.</summary>
internal sealed class FastTokenizerText : IPieceText
{
    private static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);

    public string Decode(IEnumerable<int> ids, Func<int, string> piece)
    {
        StringBuilder text = new();
        List<byte> bytes = [];
        foreach (string content in ids.Select(piece))
        {
            if (BytePiece.Value(content) is byte value)
            {
                bytes.Add(value);
                continue;
            }
            Flush(bytes, text);
            text.Append(content.Replace(Piece.Space, ' '));
        }
        Flush(bytes, text);
        return text.Length > 0 && text[0] == ' ' ? text.ToString(1, text.Length - 1) : text.ToString();
    }

    // a run of bytes that is not UTF-8 as a whole becomes one U+FFFD for each byte
    private static void Flush(List<byte> bytes, StringBuilder text)
    {
        try
        {
            text.Append(s_strict.GetString([.. bytes]));
        }
        catch (DecoderFallbackException)
        {
            text.Append('\uFFFD', bytes.Count);
        }
        bytes.Clear();
    }
}
