using System.Globalization;
using Alignment.Objectives;

namespace Alignment.Recipes;

/// <summary>The methods recipes can name: every objective by its declaration.</summary>
internal static class Methods
{
    private static readonly Dictionary<string, Hyperparameter> s_known = Declarations.All.SelectMany(method => method.Parameters)
        .SelectMany(parameter => parameter.Forms).Concat(Grid.OfStages).DistinctBy(parameter => parameter.Name).ToDictionary(parameter => parameter.Name);

    /// <summary>The names of all methods, in the order of the table of objectives.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Declarations.All.Select(method => method.Name)];

    /// <summary>The names of those that also train on responses that are labelled one by one.</summary>
    public static IReadOnlyList<string> OnLabels { get; } = [.. Declarations.All
        .Where(method => method.Create(method.Parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Default ?? parameter.Rule.Any)).OnLabels != null)
        .Select(method => method.Name)];

    /// <summary>The objective that a grid point trains with.</summary>
    /// <exception cref="ArgumentException">The point's method is unknown, or is SFT.</exception>
    public static Objective Objective(GridPoint point)
    {
        Declaration method = Declarations.All.FirstOrDefault(known => known.Name == point.Method)
            ?? throw new ArgumentException($"{point.Method} is not a preference method; known: {string.Join(", ", Names)}");
        return method.Create(PointValues.Of(point).Values);
    }

    /// <summary>A hyperparameter by its name at grid points; null where it is of another framework's.</summary>
    internal static Hyperparameter? Parameter(string name) => s_known.GetValueOrDefault(name);

    /// <summary>The name of this hyperparameter divided by β, such as GammaBetaRatio; null where there is none.</summary>
    internal static string? OverBeta(string name) => Parameter(name)?.OverBeta?.Name;

    /// <summary>The name of the hyperparameter of which this one is the ratio to β, such as Gamma; null where there is none.</summary>
    internal static string? TimesBeta(string name) => s_known.Values.FirstOrDefault(known => known.OverBeta?.Name == name)?.Name;
}

/// <summary>The hyperparameters of one grid point by name.</summary>
internal sealed record PointValues(IReadOnlyDictionary<string, double> Values)
{
    /// <summary>The values of a point.</summary>
    public static PointValues Of(GridPoint point) =>
        new(point.Parameters.ToDictionary(value => value.Key, value => double.Parse(value.Value, CultureInfo.InvariantCulture)));

    /// <summary>A value the recipe must give.</summary>
    public double this[string name] => Values[name];

    /// <summary>A value the recipe may leave out.</summary>
    public double Or(string name, double absent) => Values.TryGetValue(name, out double value) ? value : absent;
}
