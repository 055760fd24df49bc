namespace Alignment.Tokenization.Templates.Values;

/// <summary>What cycler() gives: values by turns.</summary>
internal sealed class CyclerValue(IReadOnlyList<Value> items) : Value
{
    private int _at;

    /// <inheritdoc/>
    public override string Kind => "Cycler";

    /// <inheritdoc/>
    public override Value? Attribute(string name) => name switch
    {
        "current" => items[_at],
        "next" => new FunctionValue(name, (_, _) => Next()),
        "reset" => new FunctionValue(name, (_, _) => Reset()),
        _ => null,
    };

    /// <inheritdoc/>
    public override void WriteRepr(BoundedText text) => text.Add("<Cycler>");

    private Value Next()
    {
        Value current = items[_at];
        _at = (_at + 1) % items.Count;
        return current;
    }

    private NoneValue Reset()
    {
        _at = 0;
        return NoneValue.None;
    }
}
