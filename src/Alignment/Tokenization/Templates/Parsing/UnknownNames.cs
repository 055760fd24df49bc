using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Parsing;

/// <summary>
/// Filters and tests that do not exist. Jinja refuses a template for one, but not where an if decides whether it is ever run: there it fails when it is.
/// </summary>
internal sealed class UnknownNames
{
    private readonly List<(string Fault, int Line)> _open = [], _fatal = [];

    /// <summary>How many are undecided: a place to come back to.</summary>
    public int Mark => _open.Count;

    /// <summary>One was found.</summary>
    public void Add(string kind, string name, int line) => _open.Add(($"No {kind} named '{name}'.", line));

    /// <summary>Those since a mark stand behind a condition.</summary>
    public void Forgive(int mark) => _open.RemoveRange(mark, _open.Count - mark);

    /// <summary>Those since a mark stand in a body of their own, whatever decides about it.</summary>
    public void Keep(int mark)
    {
        _fatal.AddRange(_open[mark..]);
        Forgive(mark);
    }

    /// <summary>At the template's end.</summary>
    /// <exception cref="TemplateException">There is one that Jinja would refuse.</exception>
    public void Check(Budget budget)
    {
        Keep(0);
        if (_fatal.Count == 0)
            return;
        (string fault, budget.Line) = _fatal.MinBy(unknown => unknown.Line);
        throw new TemplateException(fault);
    }
}
