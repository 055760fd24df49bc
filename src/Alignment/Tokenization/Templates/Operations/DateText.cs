using System.Globalization;

namespace Alignment.Tokenization.Templates.Operations;

/// <summary>Python's strftime in the C locale, with the forms of glibc: %-d without zeros, %_d with spaces.</summary>
internal static class DateText
{
    private static readonly CultureInfo s_names = CultureInfo.InvariantCulture;

    /// <summary>A time as the format says.</summary>
    public static string Of(DateTime time, string format)
    {
        System.Text.StringBuilder text = new();
        for (int at = 0; at < format.Length; at++)
        {
            if (format[at] != '%' || at + 1 == format.Length)
            {
                text.Append(format[at]);
                continue;
            }

            int from = at++;
            char flag = format[at] is '-' or '_' or '0' or '^' && at + 1 < format.Length ? format[at++] : '\0';
            string? part = Part(time, format[at]);
            text.Append(part == null ? format[from..(at + 1)] : flag switch
            {
                '-' => part.TrimStart('0', ' ') is { Length: > 0 } bare ? bare : "0",
                '_' => (part.TrimStart('0') is { Length: > 0 } spaced ? spaced : "0").PadLeft(part.Length),
                '^' => part.ToUpperInvariant(),
                _ => part,
            });
        }

        return text.ToString();
    }

    private static string? Part(DateTime time, char code)
    {
        int hour12 = time.Hour % 12 == 0 ? 12 : time.Hour % 12;
        return code switch
        {
            'Y' => Padded(time.Year, 4),
            'C' => Padded(time.Year / 100, 2),
            'y' => Padded(time.Year % 100, 2),
            'm' => Padded(time.Month, 2),
            'd' => Padded(time.Day, 2),
            'e' => time.Day.ToString(s_names).PadLeft(2),
            'j' => Padded(time.DayOfYear, 3),
            'H' => Padded(time.Hour, 2),
            'k' => time.Hour.ToString(s_names).PadLeft(2),
            'I' => Padded(hour12, 2),
            'l' => hour12.ToString(s_names).PadLeft(2),
            'M' => Padded(time.Minute, 2),
            'S' => Padded(time.Second, 2),
            'f' => Padded((int)(time.Ticks % TimeSpan.TicksPerSecond / 10), 6),
            'p' => time.Hour < 12 ? "AM" : "PM",
            'P' => time.Hour < 12 ? "am" : "pm",
            'B' => s_names.DateTimeFormat.GetMonthName(time.Month),
            'b' or 'h' => s_names.DateTimeFormat.GetAbbreviatedMonthName(time.Month),
            'A' => s_names.DateTimeFormat.GetDayName(time.DayOfWeek),
            'a' => s_names.DateTimeFormat.GetAbbreviatedDayName(time.DayOfWeek),
            'w' => Padded((int)time.DayOfWeek, 1),
            'u' => Padded(Weekday(time) + 1, 1),
            'U' => Padded((time.DayOfYear + 6 - (int)time.DayOfWeek) / 7, 2),
            'W' => Padded((time.DayOfYear + 6 - Weekday(time)) / 7, 2),
            'V' => Padded(ISOWeek.GetWeekOfYear(time), 2),
            'G' => Padded(ISOWeek.GetYear(time), 4),
            'g' => Padded(ISOWeek.GetYear(time) % 100, 2),
            's' => new DateTimeOffset(time, TimeSpan.Zero).ToUnixTimeSeconds().ToString(s_names),
            'D' or 'x' => Of(time, "%m/%d/%y"),
            'F' => Of(time, "%Y-%m-%d"),
            'T' or 'X' => Of(time, "%H:%M:%S"),
            'R' => Of(time, "%H:%M"),
            'r' => Of(time, "%I:%M:%S %p"),
            'c' => Of(time, "%a %b %e %H:%M:%S %Y"),
            'n' => "\n",
            't' => "\t",
            'z' or 'Z' => "", // a time without a zone
            '%' => "%",
            _ => null,
        };
    }

    // Monday is 0
    private static int Weekday(DateTime time) => ((int)time.DayOfWeek + 6) % 7;

    private static string Padded(int number, int digits) => number.ToString(s_names).PadLeft(digits, '0');
}
