namespace Alignment.Tokenization.Templates.Values;

/// <summary>A str, counted in code points as Python counts it.</summary>
/// <param name="text">The text.</param>
/// <param name="isMarkup">It is marked safe (filters safe and escape), so that what is added to it is escaped.</param>
internal sealed class TextValue(string text, bool isMarkup = false) : Value
{
    /// <summary>No character.</summary>
    public static readonly TextValue Empty = new("");

    private int? _length;

    /// <summary>The text.</summary>
    public string Text { get; } = text;

    /// <summary>What is added to it is escaped.</summary>
    public bool IsMarkup { get; } = isMarkup;

    /// <inheritdoc/>
    public override string Kind => IsMarkup ? "Markup" : "str";

    /// <inheritdoc/>
    public override string Object => IsMarkup ? "markupsafe.Markup object" : "str object";

    /// <inheritdoc/>
    public override bool IsTrue => Text.Length > 0;

    /// <inheritdoc/>
    public override int? Length => _length ??= CodePoints.Count(Text);

    /// <inheritdoc/>
    public override IEnumerable<Value> Items
    {
        get
        {
            for (int at = 0, size; at < Text.Length; at += size)
            {
                size = CodePoints.SizeAt(Text, at);
                yield return new TextValue(Text.Substring(at, size));
            }
        }
    }

    /// <inheritdoc/>
    public override string Str(Budget budget) => Text;

    /// <inheritdoc/>
    public override void WriteRepr(BoundedText text)
    {
        if (IsMarkup)
            text.Add("Markup(").Add(CodePoints.Repr(Text)).Add(")");
        else
            text.Add(CodePoints.Repr(Text));
    }

    /// <inheritdoc/>
    public override Value? At(Value key) => Numbers.IsWhole(key, out var index) && SequenceValue.Place(index, Length!.Value) is int place
        ? new TextValue(CodePoints.Slice(Text, place, 1)) : null;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is TextValue other && Text == other.Text;

    /// <inheritdoc/>
    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);
}
