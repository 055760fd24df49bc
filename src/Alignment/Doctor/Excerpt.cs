namespace Alignment.Doctor;

/// <summary>A number of bytes as people read it.</summary>
internal static class ByteCount
{
    private static readonly string[] s_units = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <summary>Three digits and a unit: 1.34 GiB, 12.9 MiB, 668 KiB.</summary>
    public static string Text(long bytes)
    {
        double value = bytes;
        int unit = 0;
        for (; value >= 999.5 && unit < s_units.Length - 1; unit++)
            value /= 1024;
        string digits = unit == 0 || value >= 99.95 ? "F0" : value >= 9.995 ? "F1" : "F2";
        return value.ToString(digits, System.Globalization.CultureInfo.InvariantCulture) + " " + s_units[unit];
    }
}

/// <summary>Pieces of text that fit on a line.</summary>
internal static class Excerpt
{
    private const int Before = 12, After = 16;

    /// <summary>Line breaks and tabs as \n and \t.</summary>
    public static string OneLine(string text) => text.Replace("\n", "\\n", StringComparison.Ordinal)
        .Replace("\r", "\\r", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal);

    /// <summary>What stands around a character, on one line.</summary>
    public static string At(string text, int index)
    {
        int from = Math.Max(0, index - Before), to = Math.Min(text.Length, index + After);
        return $"{(from > 0 ? "…" : "")}{OneLine(text[from..to])}{(to < text.Length ? "…" : "")}";
    }

    /// <summary>At most so many last characters, on one line.</summary>
    public static string End(string text, int characters) => text.Length <= characters ? OneLine(text) : "…" + OneLine(text[^characters..]);

    /// <summary>At most so many characters of the beginning and the end, on one line.</summary>
    public static string Ends(string text, int characters) => text.Length <= characters ? OneLine(text)
        : $"{OneLine(text[..(characters / 2)])} … {OneLine(text[^(characters / 2)..])}";
}
