namespace Alignment.Tokenization.Templates.Values;

/// <summary>What map, select and their like give: items computed as they are asked for, once.</summary>
internal sealed class StreamValue(IEnumerable<Value> items) : Value
{
    private readonly IEnumerator<Value> _items = items.GetEnumerator();

    /// <inheritdoc/>
    public override string Kind => "generator";

    /// <inheritdoc/>
    public override IEnumerable<Value> Items
    {
        get
        {
            while (_items.MoveNext())
                yield return _items.Current;
        }
    }

    /// <inheritdoc/>
    public override void WriteRepr(BoundedText text) => text.Add("<generator object>");
}
