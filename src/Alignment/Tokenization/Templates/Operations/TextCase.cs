using System.Globalization;
using System.Text;
using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Operations;

/// <summary>Upper, lower and title case as Python sees them, and what kind of characters a text has.</summary>
internal static class TextCase
{
    // letters whose upper case is several (SpecialCasing.txt of Unicode)
    private static readonly Dictionary<int, string> s_upper = new()
    {
        ['ß'] = "SS",
        ['ŉ'] = "ʼN",
        ['ǰ'] = "J\u030c",
        ['ΐ'] = "Ι\u0308\u0301",
        ['ΰ'] = "Υ\u0308\u0301",
        ['և'] = "ԵՒ",
        ['ẖ'] = "H\u0331",
        ['ẗ'] = "T\u0308",
        ['ẘ'] = "W\u030a",
        ['ẙ'] = "Y\u030a",
        ['ẚ'] = "Aʾ",
        ['ﬀ'] = "FF",
        ['ﬁ'] = "FI",
        ['ﬂ'] = "FL",
        ['ﬃ'] = "FFI",
        ['ﬄ'] = "FFL",
        ['ﬅ'] = "ST",
        ['ﬆ'] = "ST",
    };

    private static readonly Dictionary<int, string> s_title = new()
    {
        ['ß'] = "Ss",
        ['ŉ'] = "ʼN",
        ['և'] = "Եւ",
        ['ﬀ'] = "Ff",
        ['ﬁ'] = "Fi",
        ['ﬂ'] = "Fl",
        ['ﬃ'] = "Ffi",
        ['ﬄ'] = "Ffl",
        ['ﬅ'] = "St",
        ['ﬆ'] = "St",
    };

    /// <summary>str.upper, lower, title, capitalize, swapcase or casefold.</summary>
    public static string Change(string text, string method)
    {
        StringBuilder changed = new();
        int[] points = [.. CodePoints.Of(text)];
        for (int at = 0; at < points.Length; at++)
            _ = method switch
            {
                "upper" => changed.Append(Upper(points[at])),
                "title" => changed.Append(at > 0 && IsCased(points[at - 1]) ? Lower(points, at) : Title(points[at])),
                "capitalize" => changed.Append(at > 0 ? Lower(points, at) : Title(points[at])),
                "swapcase" => changed.Append(IsUpper(points[at]) ? Lower(points, at) : Category(points[at]) == UnicodeCategory.TitlecaseLetter ? ((char)points[at]).ToString() : Upper(points[at])),
                "casefold" => changed.Append(points[at] is 'ς' or 'Σ' ? "σ" : s_upper.TryGetValue(points[at], out string? several) ? several.ToLowerInvariant() : Lower(points, at)),
                _ => changed.Append(Lower(points, at)),
            };
        return changed.ToString();
    }

    /// <summary>str.isupper and its like; null for a name that is none of them.</summary>
    public static Func<string, bool>? Test(string method) => method switch
    {
        "isspace" => text => text.Length > 0 && text.All(CodePoints.IsSpace),
        "isalpha" => All(IsLetter),
        "isdecimal" => All(point => Category(point) == UnicodeCategory.DecimalDigitNumber),
        "isdigit" => All(point => Digit(point) >= 0),
        "isnumeric" => All(IsNumeric),
        "isalnum" => All(point => IsLetter(point) || IsNumeric(point)),
        "isupper" => text => CodePoints.Of(text).Any(IsUpper) && !CodePoints.Of(text).Any(IsLowerOrTitle),
        "islower" => text => CodePoints.Of(text).Any(IsLower) && !CodePoints.Of(text).Any(point => IsUpper(point) || Category(point) == UnicodeCategory.TitlecaseLetter),
        "istitle" => text => CodePoints.Of(text).Any(IsCased) && Change(text, "title") == text,
        "isascii" => text => text.All(char.IsAscii),
        "isidentifier" => text => text.Length > 0 && !char.IsDigit(text[0]) && text.All(letter => letter == '_' || char.IsLetterOrDigit(letter)),
        "isprintable" => text => CodePoints.Repr(text.Replace("'", "", StringComparison.Ordinal).Replace("\\", "", StringComparison.Ordinal)).Length
            == text.Replace("'", "", StringComparison.Ordinal).Replace("\\", "", StringComparison.Ordinal).Length + 2,
        _ => null,
    };

    private static Func<string, bool> All(Func<int, bool> test) => text => text.Length > 0 && CodePoints.Of(text).All(test);

    private static string Upper(int point) => s_upper.TryGetValue(point, out string? several) ? several
        : Rune.TryCreate(point, out Rune rune) ? Rune.ToUpperInvariant(rune).ToString() : ((char)point).ToString();

    private static string Title(int point) => s_title.TryGetValue(point, out string? several) ? several
        : point is 'Ǆ' or 'ǅ' or 'ǆ' ? "ǅ" : point is 'Ǉ' or 'ǈ' or 'ǉ' ? "ǈ" : point is 'Ǌ' or 'ǋ' or 'ǌ' ? "ǋ" : point is 'Ǳ' or 'ǲ' or 'ǳ' ? "ǲ" : Upper(point);

    // a sigma at the end of a word has a form of its own
    private static string Lower(int[] points, int at) => points[at] == 'Σ' ? at > 0 && IsLetter(points[at - 1]) && !(at + 1 < points.Length && IsLetter(points[at + 1])) ? "ς" : "σ"
        : points[at] == 'İ' ? "i\u0307" : Rune.TryCreate(points[at], out Rune rune) ? Rune.ToLowerInvariant(rune).ToString() : ((char)points[at]).ToString();

    private static UnicodeCategory Category(int point) => CharUnicodeInfo.GetUnicodeCategory(point);

    private static bool IsLetter(int point) => Category(point) <= UnicodeCategory.OtherLetter;

    private static bool IsUpper(int point) => Category(point) == UnicodeCategory.UppercaseLetter;

    private static bool IsLower(int point) => Category(point) == UnicodeCategory.LowercaseLetter || point is 'ª' or 'º';

    private static bool IsLowerOrTitle(int point) => IsLower(point) || Category(point) == UnicodeCategory.TitlecaseLetter;

    private static bool IsCased(int point) => IsUpper(point) || IsLowerOrTitle(point);

    private static int Digit(int point) => char.ConvertFromUtf32(char.IsSurrogate((char)point) && point < 0x10000 ? 'x' : point) is var text ? CharUnicodeInfo.GetDigitValue(text, 0) : -1;

    private static bool IsNumeric(int point) => char.ConvertFromUtf32(char.IsSurrogate((char)point) && point < 0x10000 ? 'x' : point) is var text && CharUnicodeInfo.GetNumericValue(text, 0) >= 0;
}
