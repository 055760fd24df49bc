using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Nodes;

/// <summary>
/// Names with their values. Loop bodies, macros and blocks have a scope of their own within that of what surrounds them in the source: what they set
/// is gone behind them, and what is set around them later is seen.
/// </summary>
internal sealed class Scope(Scope? around, Budget budget)
{
    private readonly Scope? _around = around;
    private (string Name, Value Value)[] _names = []; // few: a search from the begin is faster than a table
    private int _count;

    /// <summary>What may be spent.</summary>
    public Budget Budget { get; } = budget;

    /// <summary>A scope within this one.</summary>
    public Scope Inner() => new(this, Budget);

    /// <summary>The value of a name; undefined where none was set.</summary>
    public Value Find(string name)
    {
        for (Scope? scope = this; scope != null; scope = scope._around)
            if (scope.IndexOf(name) is var at and >= 0)
                return scope._names[at].Value;
        return UndefinedValue.Name(name);
    }

    /// <summary>Sets a name here.</summary>
    public void Set(string name, Value value)
    {
        int at = IndexOf(name);
        if (at < 0 && (at = _count++) == _names.Length)
            Array.Resize(ref _names, Math.Max(4, 2 * at));
        _names[at] = (name, value);
    }

    private int IndexOf(string name)
    {
        for (int at = 0; at < _count; at++)
            if (_names[at].Name == name)
                return at;
        return -1;
    }
}
