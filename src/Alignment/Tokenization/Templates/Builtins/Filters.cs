using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Builtins;

/// <summary>What value | name(arguments) does.</summary>
internal delegate Value Filter(Value value, Arguments arguments, Budget budget);

/// <summary>The filters by name: Jinja's own, without those that make links, tags or random choices, and transformers' tojson.</summary>
internal static class Filters
{
    private static readonly Dictionary<string, Filter> s_all =
        new[] { TextFilters.All, NumberFilters.All, SequenceFilters.All, OrderFilters.All, SelectFilters.All }.SelectMany(part => part).ToDictionary();

    /// <summary>A filter; null where there is none of that name.</summary>
    public static Filter? Find(string name) => s_all.GetValueOrDefault(name);

    /// <summary>Runs a filter by its name.</summary>
    /// <exception cref="TemplateException">There is none of that name.</exception>
    public static Value Run(string name, Value value, Arguments arguments, Budget budget) =>
        (Find(name) ?? throw new TemplateException($"No filter named '{name}'."))(value, arguments, budget);
}
