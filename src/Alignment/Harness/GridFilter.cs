namespace Alignment.Harness;

/// <summary>
/// What `dotnet test --filter` asks of grid points: "Method=SimPO&amp;Beta=2.0|Method=DPO". Terms about test names and categories are not the grid's,
/// and hold here.
/// </summary>
internal sealed class GridFilter
{
    private static readonly string[] s_ofTests = ["TestCategory", "FullyQualifiedName", "Name", "ClassName", "Priority"];
    private readonly (string Name, string Operator, string Value)[][] _alternatives;

    /// <summary>Reads a filter; parentheses are passed over, since grids are asked for by and before or.</summary>
    public GridFilter(string text) => _alternatives =
        [.. text.Split('|').Select(all => all.Split('&').Select(term => Term(term.Trim(' ', '(', ')'))).Where(term => term.Name.Length > 0).ToArray())];

    /// <summary>The filter this process was started with.</summary>
    public static GridFilter Given => new(Parameters.Text("TestFilter") ?? "");

    /// <summary>What it wants to be equal to a value: a test with all of these is selected.</summary>
    public IEnumerable<KeyValuePair<string, string>> Wanted => _alternatives[0].Where(term => term.Operator == "=").Select(term => KeyValuePair.Create(term.Name, term.Value));

    /// <summary>Whether a point's values meet it.</summary>
    public bool Selects(IReadOnlyCollection<KeyValuePair<string, string>> values) => _alternatives.Any(all => all.All(term => Holds(term, values)));

    /// <summary>Why none of some points is selected: the values there are; null where one is.</summary>
    public string? Unmet(IReadOnlyList<IReadOnlyCollection<KeyValuePair<string, string>>> points)
    {
        if (points.Any(Selects))
            return null;
        (string Name, string Operator, string Value)[] odd = [.. _alternatives.SelectMany(all => all).Where(term => !points.Any(values => Holds(term, values))).Distinct()];
        ILookup<string, string> known = points.SelectMany(values => values).Distinct().ToLookup(value => value.Key, value => value.Value);
        string why = odd.Length == 0 ? "its values are never together" : string.Join("; ", odd.Select(term => known.Contains(term.Name)
            ? $"no run has {term.Name}{term.Operator}{term.Value}" : $"no run has a value of the name {term.Name}"));
        return $"the filter selects no run: {why}. There are\n{string.Join('\n', known.Select(name => $"  {name.Key}: {string.Join(", ", name)}"))}";
    }

    private static bool Holds((string Name, string Operator, string Value) term, IEnumerable<KeyValuePair<string, string>> values)
    {
        bool any = values.Any(value => value.Key == term.Name && (term.Operator.EndsWith('~')
            ? value.Value.Contains(term.Value, StringComparison.OrdinalIgnoreCase) : value.Value.Equals(term.Value, StringComparison.OrdinalIgnoreCase)));
        return any != term.Operator.StartsWith('!');
    }

    // an empty name is a term that is not about the grid
    private static (string Name, string Operator, string Value) Term(string text)
    {
        int at = text.IndexOfAny(['=', '~']);
        bool negated = at > 0 && text[at - 1] == '!';
        string name = at < 0 ? "" : text[..(negated ? at - 1 : at)].Trim();
        return s_ofTests.Contains(name, StringComparer.OrdinalIgnoreCase) || at < 0 ? ("", "", "") : (name, text[(negated ? at - 1 : at)..(at + 1)], text[(at + 1)..].Trim());
    }
}
