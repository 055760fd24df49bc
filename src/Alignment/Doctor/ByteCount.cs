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
