using System.Text;

namespace Alignment.Tokenization;

/// <summary>The normalizer of a tokenizer.json: its steps, one after the other.</summary>
internal sealed class TextNormalizer(IReadOnlyList<NormalizerStep> steps)
{
    private readonly bool _leavesAscii = steps.All(step => step is UnicodeForm);

    /// <summary>The normal form of a text.</summary>
    public ReadOnlySpan<char> Apply(ReadOnlySpan<char> text)
    {
        if (steps.Count == 0 || (_leavesAscii && Ascii.IsValid(text)))
            return text;
        return steps.Aggregate(text.ToString(), (normal, step) => step.Apply(normal));
    }
}

/// <summary>One step of a normalizer.</summary>
internal abstract record NormalizerStep
{
    /// <summary>The step's name in a tokenizer.json.</summary>
    public abstract string Name { get; }

    /// <summary>What begins the text after this step began it before, too.</summary>
    public virtual bool KeepsStart => false;

    /// <summary>The text after this step.</summary>
    public abstract string Apply(string text);
}

/// <summary>Writes a text before one that is not empty.</summary>
internal sealed record Prepended(string Text) : NormalizerStep
{
    public override string Name => "Prepend";

    public override string Apply(string text) => text.Length == 0 ? text : Text + text;
}

/// <summary>Writes one text for another.</summary>
internal sealed record ReplacedText(string From, string To) : NormalizerStep
{
    public override string Name => "Replace";

    public override bool KeepsStart => To.Length > 0;

    public override string Apply(string text) => text.Replace(From, To, StringComparison.Ordinal);
}

/// <summary>Writes a text for what an expression matches.</summary>
internal sealed record ReplacedMatches(OnigExpression Expression, string To) : NormalizerStep
{
    public override string Name => "Replace";

    public override bool KeepsStart => To.Length > 0;

    public override string Apply(string text)
    {
        List<(int Start, int End)> matches = [];
        Expression.Matches(text, matches);
        StringBuilder normal = new();
        int at = 0;
        foreach ((int start, int end) in matches)
        {
            normal.Append(text, at, start - at).Append(To);
            at = end;
        }

        return normal.Append(text, at, text.Length - at).ToString();
    }
}

/// <summary>A normal form of Unicode.</summary>
internal sealed record UnicodeForm(NormalForm Form) : NormalizerStep
{
    public override string Name => Form.Name;

    public override bool KeepsStart => true;

    // half a surrogate pair is U+FFFD in UTF-8
    public override string Apply(string text) =>
        Form.Apply(text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0 ? text : Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)));
}

/// <summary>Small letters, each character by itself.</summary>
internal sealed record Lowered : NormalizerStep
{
    public override string Name => "Lowercase";

    public override bool KeepsStart => true;

    // the one letter whose small form is two characters
    public override string Apply(string text) => text.Replace("\u0130", "i\u0307", StringComparison.Ordinal).ToLowerInvariant();
}

/// <summary>Takes white space away at the start, at the end, or at both.</summary>
internal sealed record StrippedText(bool Left, bool Right) : NormalizerStep
{
    public override string Name => "Strip";

    public override bool KeepsStart => !Left;

    public override string Apply(string text) => (Left, Right) switch
    {
        (true, true) => text.Trim(),
        (true, false) => text.TrimStart(),
        (false, true) => text.TrimEnd(),
        _ => text,
    };
}
