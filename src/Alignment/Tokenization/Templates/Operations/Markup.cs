using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Operations;

/// <summary>Texts marked safe: what is joined to one is escaped for HTML first.</summary>
internal static class Markup
{
    /// <summary>The text with &amp;, &lt;, &gt; and quotes as entities, marked safe; as it is where it was marked already.</summary>
    public static TextValue Escape(TextValue text, Budget budget)
    {
        if (text.IsMarkup)
            return text;
        string escaped = text.Text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal)
            .Replace("'", "&#39;", StringComparison.Ordinal).Replace("\"", "&#34;", StringComparison.Ordinal);
        budget.Characters(escaped.Length);
        return new(escaped, isMarkup: true);
    }

    /// <summary>Two texts as one.</summary>
    public static TextValue Join(TextValue left, TextValue right, Budget budget)
    {
        if (left.IsMarkup || right.IsMarkup)
            (left, right) = (Escape(left, budget), Escape(right, budget));
        budget.Characters((long)left.Text.Length + right.Text.Length);
        return new(left.Text + right.Text, left.IsMarkup);
    }

    /// <summary>The value as a text that keeps its mark.</summary>
    public static TextValue Soft(Value value, Budget budget) => value as TextValue ?? new(value.Str(budget));
}
