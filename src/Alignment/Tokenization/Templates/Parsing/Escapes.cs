using System.Globalization;
using System.Text;
using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Parsing;

/// <summary>Backslashes in quoted texts, as Python reads them.</summary>
internal static class Escapes
{
    private const string Letters = "\\'\"abfnrtv", Meant = "\\'\"\a\b\f\n\r\t\v";

    /// <summary>The text that is meant; an escape without a meaning stays.</summary>
    /// <exception cref="TemplateException">Digits are missing, or there is no such character.</exception>
    public static string Removed(string quoted)
    {
        StringBuilder text = new();
        for (int at = 0; at < quoted.Length; at++)
        {
            if (quoted[at] != '\\' || at + 1 == quoted.Length)
            {
                text.Append(quoted[at]);
                continue;
            }

            char letter = quoted[++at];
            if (Letters.IndexOf(letter, StringComparison.Ordinal) is var known and >= 0)
                text.Append(Meant[known]);
            else if (letter is 'x' or 'u' or 'U')
                at = Hexadecimal(quoted, at, letter switch { 'x' => 2, 'u' => 4, _ => 8 }, text);
            else if (letter is >= '0' and <= '7')
                at = Octal(quoted, at, text);
            else if (letter == 'N')
                throw new TemplateException("characters by name (\\N) are not supported");
            else if (letter != '\n')
                text.Append('\\').Append(letter);
        }

        return text.ToString();
    }

    private static int Hexadecimal(string quoted, int at, int digits, StringBuilder text)
    {
        if (at + digits >= quoted.Length || !uint.TryParse(quoted.AsSpan(at + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint point))
            throw new TemplateException($"truncated \\{quoted[at]} escape");
        if (point > 0x10ffff)
            throw new TemplateException("illegal Unicode character");
        _ = point is > 0xffff ? text.Append(char.ConvertFromUtf32((int)point)) : text.Append((char)point);
        return at + digits;
    }

    private static int Octal(string quoted, int at, StringBuilder text)
    {
        int value = 0, end = at;
        for (; end < quoted.Length && end < at + 3 && quoted[end] is >= '0' and <= '7'; end++)
            value = (value * 8) + quoted[end] - '0';
        text.Append((char)value);
        return end - 1;
    }
}
