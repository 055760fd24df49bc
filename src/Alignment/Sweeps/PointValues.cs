using System.Globalization;

namespace Alignment.Sweeps;

/// <summary>The hyperparameters of one grid point by name.</summary>
internal sealed record PointValues(IReadOnlyDictionary<string, double> Values)
{
    /// <summary>The values of a point.</summary>
    public static PointValues Of(RunPoint point) =>
        new(point.Parameters.ToDictionary(value => value.Key, value => double.Parse(value.Value, CultureInfo.InvariantCulture)));

    /// <summary>β, which every method has.</summary>
    public double Beta => Values["Beta"];

    /// <summary>γ; where the recipe gave γ/β, that times β.</summary>
    public double Gamma => Values.TryGetValue("Gamma", out double gamma) ? gamma : Values["GammaBetaRatio"] * Beta;

    /// <summary>A value the recipe must give.</summary>
    public double this[string name] => Values[name];

    /// <summary>A value the recipe may leave out.</summary>
    public double Or(string name, double absent) => Values.TryGetValue(name, out double value) ? value : absent;
}
