using System.Text;

namespace Alignment.Tokenization.Templates.Values;

/// <summary>A text under construction that keeps to a budget.</summary>
internal sealed class BoundedText(Budget budget)
{
    private readonly StringBuilder _text = new();
    private int _depth;

    /// <summary>Characters so far.</summary>
    public int Length => _text.Length;

    /// <summary>Where its generation blocks begin.</summary>
    public List<int> Generated { get; } = [];

    /// <summary>Adds a text.</summary>
    /// <exception cref="TemplateException">The whole gets too long.</exception>
    public BoundedText Add(ReadOnlySpan<char> text)
    {
        budget.Characters(text.Length, _text.Length);
        _text.Append(text);
        return this;
    }

    /// <summary>Adds what Python's repr() gives.</summary>
    public BoundedText AddRepr(Value value)
    {
        Budget.Nest(++_depth);
        value.WriteRepr(this);
        _depth--;
        return this;
    }

    /// <summary>Adds values between brackets.</summary>
    public BoundedText AddAll(string open, IEnumerable<Value> items, string close)
    {
        Add(open);
        string between = "";
        foreach (Value item in items)
        {
            Add(between).AddRepr(item);
            between = ", ";
        }

        return Add(close);
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();
}
