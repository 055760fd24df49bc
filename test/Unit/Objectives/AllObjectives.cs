using Alignment.Objectives;
using Alignment.Recipes;

namespace Alignment.Tests.Unit.Objectives;

/// <summary>Every method a recipe can name, at a plain setting of its parameters, and what is known of each.</summary>
internal static class AllObjectives
{
    private static readonly Dictionary<string, double> s_values = new()
    {
        ["Beta"] = 0.1,
        ["Gamma"] = 0.5,
        ["LabelSmoothing"] = 0.1,
        ["Alpha"] = 0.3,
        ["NllWeight"] = 0.7,
        ["Tau"] = 0.4,
        ["DesirableWeight"] = 1.5,
        ["UndesirableWeight"] = 0.6,
    };

    /// <summary>With every parameter given, optional ones too.</summary>
    public static IReadOnlyList<Objective> Full { get; } = [.. Methods.All.Select(method => method.Create(new(s_values)))];

    /// <summary>With optional parameters left out.</summary>
    public static IReadOnlyList<Objective> Default { get; } = [.. Methods.All.Select(method => method.Create(
        new(method.Axes.Where(group => !group[0].Optional).ToDictionary(group => group[0].Name, group => s_values[group[0].Name]))))];

    /// <summary>Full and default, each once.</summary>
    public static IEnumerable<Objective> Each => Full.Concat(Default).Distinct();
}
