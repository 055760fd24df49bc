using System.Globalization;
using System.Text;

namespace Alignment.Tokenization;

/// <summary>How pieces become text again; SentencePiece and Hugging Face differ on broken bytes, on the first space and on special tokens.</summary>
internal interface IPieceText
{
    /// <summary>The text of the pieces.</summary>
    string Decode(IEnumerable<int> ids, Func<int, string> piece);
}

/// <summary>As sentencepiece_processor.cc decodes: control pieces are silent, the first piece loses the space of the dummy prefix.</summary>
internal sealed class SentencePieceText(SentencePieceModel model) : IPieceText
{
    public string Decode(IEnumerable<int> ids, Func<int, string> piece)
    {
        StringBuilder text = new();
        List<byte> bytes = [];
        bool atStart = true, spaceTaken = false;
        foreach (int id in ids)
        {
            string content = piece(id);
            PieceKind kind = id < model.Pieces.Count ? model.Pieces[id].Kind : PieceKind.UserDefined; // of the files beside the model
            if (kind == PieceKind.Byte)
            {
                bytes.Add(BytePiece.Value(content)!.Value);
                continue;
            }
            Flush(bytes, text);
            atStart &= !spaceTaken && text.Length == 0;
            spaceTaken = atStart && model.AddsDummyPrefix && kind is not (PieceKind.Control or PieceKind.Unknown)
                && content[0] == Piece.Space;
            text.Append(kind switch
            {
                PieceKind.Control => "",
                PieceKind.Unknown => model.UnknownSurface,
                _ => content[(spaceTaken ? 1 : 0)..].Replace(Piece.Space, ' '),
            });
        }
        Flush(bytes, text);
        return text.ToString();
    }

    // every byte that begins no whole character is one U+FFFD
    private static void Flush(List<byte> bytes, StringBuilder text)
    {
        for (ReadOnlySpan<byte> rest = [.. bytes]; rest.Length > 0;)
        {
            bool whole = Rune.DecodeFromUtf8(rest, out Rune rune, out int used) == System.Buffers.OperationStatus.Done;
            text.Append(rune.ToString());
            rest = rest[(whole ? used : 1)..];
        }
        bytes.Clear();
    }
}

/// <summary>The spelling of a byte as a piece: &lt;0x41&gt;.</summary>
internal static class BytePiece
{
    /// <summary>The byte that a piece spells; null where it is no byte piece.</summary>
    public static byte? Value(string piece) =>
        piece.Length == 6 && piece.StartsWith("<0x", StringComparison.Ordinal) && piece[5] == '>'
        && byte.TryParse(piece.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value) ? value : null;

    /// <summary>The piece that spells a byte.</summary>
    public static string Of(int value) => $"<0x{value:X2}>";
}
