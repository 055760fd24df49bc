namespace Alignment.Tokenization.Templates.Values;

/// <summary>A dict in the order in which its keys came, which a template cannot change.</summary>
internal sealed class DictValue(OrderedDictionary<Value, Value> entries) : Value
{
    /// <summary>Keys and values.</summary>
    public OrderedDictionary<Value, Value> Entries { get; } = entries;

    /// <inheritdoc/>
    public override string Kind => "dict";

    /// <inheritdoc/>
    public override bool IsTrue => Entries.Count > 0;

    /// <inheritdoc/>
    public override int? Length => Entries.Count;

    /// <inheritdoc/>
    public override IEnumerable<Value> Items => Entries.Keys;

    /// <inheritdoc/>
    public override bool IsHashable => false;

    /// <inheritdoc/>
    public override Value? At(Value key) => key.IsHashable ? Entries.GetValueOrDefault(key) : null;

    /// <inheritdoc/>
    public override void WriteRepr(BoundedText text)
    {
        string between = "{";
        foreach ((Value key, Value value) in Entries)
        {
            text.Add(between).AddRepr(key).Add(": ").AddRepr(value);
            between = ", ";
        }

        text.Add(Entries.Count == 0 ? "{}" : "}");
    }

    /// <summary>A key that may be one.</summary>
    /// <exception cref="TemplateException">It is a list or a dict.</exception>
    public static Value Key(Value key) => key.IsHashable ? key : throw new TemplateException($"unhashable type: '{key.Kind}'");
}

/// <summary>What a dict's keys(), values() and items() give: it can be looped over and counted, and not indexed.</summary>
internal sealed class DictView(string kind, IReadOnlyCollection<Value> items) : Value
{
    /// <inheritdoc/>
    public override string Kind => kind;

    /// <inheritdoc/>
    public override bool IsTrue => items.Count > 0;

    /// <inheritdoc/>
    public override int? Length => items.Count;

    /// <inheritdoc/>
    public override IEnumerable<Value> Items => items;

    /// <inheritdoc/>
    public override void WriteRepr(BoundedText text) => text.AddAll(kind + "([", items, "])");
}
