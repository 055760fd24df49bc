using System.Text;

namespace Alignment.Reports.Text;

/// <summary>Text made safe for HTML and SVG.</summary>
internal static class Markup
{
    /// <summary>
    /// Escapes the five markup characters; control characters that neither HTML nor XML allows become U+FFFD, as do unpaired surrogates.
    /// </summary>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            string? entity = rune.Value switch
            {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                '"' => "&quot;",
                '\'' => "&#39;",
                '\t' or '\n' => null,
                '\r' => "",
                < 0x20 or (>= 0x7F and < 0xA0) or 0xFFFE or 0xFFFF => "\uFFFD",
                _ => null,
            };
            if (entity is null)
                escaped.Append(rune);
            else
                escaped.Append(entity);
        }
        return escaped.ToString();
    }
}
