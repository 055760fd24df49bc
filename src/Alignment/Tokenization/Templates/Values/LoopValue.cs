namespace Alignment.Tokenization.Templates.Values;

/// <summary>
/// The variable loop: where a for statement stands in what it loops over. Items are taken one at a time, because a condition may depend on what the
/// body did; asking for the last, the next or the length looks ahead.
/// </summary>
/// <param name="items">What is looped over.</param>
/// <param name="depth">Loops around it in a recursive one.</param>
/// <param name="recurse">Renders the loop's body over other items; null where the loop is not recursive.</param>
internal sealed class LoopValue(IEnumerable<Value> items, int depth, Func<Value, int, Value>? recurse) : Value
{
    private readonly IEnumerator<Value> _items = items.GetEnumerator();
    private readonly Queue<Value> _ahead = new();
    private int _index = -1;
    private Value? _previous, _current, _changed;

    /// <inheritdoc/>
    public override string Kind => "LoopContext";

    /// <inheritdoc/>
    public override string Object => "jinja2.runtime.LoopContext object";

    /// <summary>Goes on to the next item; null at the end.</summary>
    public Value? Next()
    {
        if (!LookAhead())
            return null;
        (_previous, _current) = (_current, _ahead.Dequeue());
        _index++;
        return _current;
    }

    /// <inheritdoc/>
    public override Value? Attribute(string name) => name switch
    {
        "index" => new IntValue(_index + 1),
        "index0" => new IntValue(_index),
        "first" => BoolValue.Of(_index == 0),
        "last" => BoolValue.Of(!LookAhead()),
        "length" => new IntValue(Count()),
        "revindex" => new IntValue(Count() - _index),
        "revindex0" => new IntValue(Count() - _index - 1),
        "depth" => new IntValue(depth + 1),
        "depth0" => new IntValue(depth),
        "previtem" => _previous ?? new UndefinedValue("there is no previous item"),
        "nextitem" => LookAhead() ? _ahead.Peek() : new UndefinedValue("there is no next item"),
        "cycle" => new FunctionValue(name, (arguments, _) => arguments.Positional.Count > 0 ? arguments.Positional[_index % arguments.Positional.Count]
            : throw new TemplateException("no items for cycling given")),
        "changed" => new FunctionValue(name, Changed),
        _ => null,
    };

    /// <inheritdoc/>
    public override Value Call(Arguments arguments, Budget budget) => recurse != null ? recurse(arguments.Bind("loop", 1, "iterable")[0]!, depth + 1)
        : throw new TemplateException("the loop must have the 'recursive' marker to be called recursively");

    /// <inheritdoc/>
    public override void WriteRepr(BoundedText text) => text.Add($"<LoopContext {_index + 1}/{Count()}>");

    private bool LookAhead()
    {
        if (_ahead.Count == 0 && _items.MoveNext())
            _ahead.Enqueue(_items.Current);
        return _ahead.Count > 0;
    }

    private int Count()
    {
        while (_items.MoveNext())
            _ahead.Enqueue(_items.Current);
        return _index + 1 + _ahead.Count;
    }

    private Value Changed(Arguments arguments, Budget budget)
    {
        var values = new TupleValue(arguments.Positional);
        bool same = _changed != null && Equality.Same(values, _changed, budget);
        _changed = values;
        return BoolValue.Of(!same);
    }
}
