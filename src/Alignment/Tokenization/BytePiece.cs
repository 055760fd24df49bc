using System.Globalization;

namespace Alignment.Tokenization;

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
