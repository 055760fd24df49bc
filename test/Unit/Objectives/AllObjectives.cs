using Alignment.Objectives;

namespace Alignment.Tests.Unit.Objectives;

/// <summary>Every declared objective at a plain setting of its parameters.</summary>
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

    /// <summary>A plain value of a parameter; one that is new here takes any value above 0 that it may have.</summary>
    public static double Value(Hyperparameter parameter) => s_values.GetValueOrDefault(parameter.Name, parameter.Rule.Any > 0 ? parameter.Rule.Any : 0.25);

    /// <summary>With every parameter given, optional ones too.</summary>
    public static IReadOnlyList<Objective> Full { get; } = [.. Declarations.All.Select(method => Of(method, method.Parameters))];

    /// <summary>With optional parameters left out.</summary>
    public static IReadOnlyList<Objective> Default { get; } =
        [.. Declarations.All.Select(method => Of(method, method.Parameters.Where(parameter => parameter.Default is null)))];

    /// <summary>Full and default, each once.</summary>
    public static IEnumerable<Objective> Each => Full.Concat(Default).Distinct();

    /// <summary>Those of <see cref="Full"/> that need no second model.</summary>
    public static IEnumerable<Objective> OfOneModel => Full.Where(objective => !objective.NeedsModel);

    private static Objective Of(Declaration method, IEnumerable<Hyperparameter> given) =>
        method.Create(given.ToDictionary(parameter => parameter.Name, Value));
}
