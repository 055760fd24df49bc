using System.Globalization;
using Alignment.Files;
using Alignment.Objectives;

namespace Alignment.Recipes;

/// <summary>A hyperparameter of a method.</summary>
/// <param name="Key">In recipes.</param>
/// <param name="Name">At grid points.</param>
/// <param name="Rule">The values it may take.</param>
/// <param name="Optional">A recipe may leave it out; the objective's own default then holds, and points do not name it.</param>
internal sealed record MethodAxis(string Key, string Name, NumberRule Rule, bool Optional = false);

/// <summary>A method recipes can name.</summary>
/// <param name="Name">As in the tables.</param>
/// <param name="Axes">Its own hyperparameters; of those in the same group exactly one is given.</param>
/// <param name="Create">The objective at a grid point, from the values by name.</param>
internal sealed record MethodDefinition(string Name, IReadOnlyList<MethodAxis[]> Axes, Func<PointValues, Objective> Create);

/// <summary>The methods recipes can name.</summary>
public static class Methods
{
    private static readonly MethodAxis[] s_beta = [new("beta", "Beta", NumberRule.Positive)];
    private static readonly MethodAxis[] s_gamma = [new("gamma", "Gamma", NumberRule.NotNegative), new("gammaBetaRatio", "GammaBetaRatio", NumberRule.NotNegative)];
    private static readonly MethodAxis[] s_smoothing = [new("labelSmoothing", "LabelSmoothing", NumberRule.BelowHalf)];
    private static readonly MethodAxis[] s_mayBeSmooth = [s_smoothing[0] with { Optional = true }];
    private static readonly MethodAxis[] s_nll = [new("nllWeight", "NllWeight", NumberRule.NotNegative, Optional: true)];

    internal static IReadOnlyList<MethodDefinition> All { get; } =
    [
        new("DPO", [s_beta], at => new Dpo(at.Beta)),
        new("LN-DPO", [s_beta, s_mayBeSmooth], at => new LnDpo(at.Beta) { LabelSmoothing = at.Or("LabelSmoothing", 0) }),
        new("SimPO", [s_beta, s_gamma, s_mayBeSmooth, s_nll],
            at => new SimPo(at.Beta, at.Gamma) { LabelSmoothing = at.Or("LabelSmoothing", 0), NllWeight = at.Or("NllWeight", 0) }),
        new("SimPO-hinge", [s_beta, s_gamma], at => new SimPoHinge(at.Beta, at.Gamma)),
        new("cDPO", [s_beta, s_smoothing], at => new Cdpo(at.Beta, at["LabelSmoothing"])),
        new("robust-DPO", [s_beta, s_smoothing], at => new RobustDpo(at.Beta, at["LabelSmoothing"])),
        new("DPO-reference-free", [s_beta], at => new DpoReferenceFree(at.Beta)),
        new("hinge", [s_beta], at => new Hinge(at.Beta)),
        new("IPO", [s_beta], at => new Ipo(at.Beta)),
        new("IPO-sum", [s_beta], at => new IpoOnSums(at.Beta)),
        new("R-DPO", [s_beta, [new("alpha", "Alpha", NumberRule.NotNegative)]], at => new RDpo(at.Beta, at["Alpha"])),
        new("LD-DPO", [s_beta, [new("alpha", "Alpha", NumberRule.Fraction)]], at => new LdDpo(at.Beta, at["Alpha"])),
        new("CPO", [s_beta, s_nll, s_mayBeSmooth],
            at => new Cpo(at.Beta) { NllWeight = at.Or("NllWeight", 1), LabelSmoothing = at.Or("LabelSmoothing", 0) }),
        new("CPO-hinge", [s_beta, s_nll], at => new CpoHinge(at.Beta) { NllWeight = at.Or("NllWeight", 1) }),
        new("ORPO", [s_beta, s_nll], at => new Orpo(at.Beta) { NllWeight = at.Or("NllWeight", 1) }),
        new("KTO", [s_beta, [new("desirableWeight", "DesirableWeight", NumberRule.Positive, Optional: true)],
            [new("undesirableWeight", "UndesirableWeight", NumberRule.Positive, Optional: true)]],
            at => new Kto(at.Beta) { DesirableWeight = at.Or("DesirableWeight", 1), UndesirableWeight = at.Or("UndesirableWeight", 1) }),
        new("SPPO", [s_beta], at => new Sppo(at.Beta)),
        new("NCA", [s_beta], at => new Nca(at.Beta)),
        new("EXO", [s_beta, [new("labelSmoothing", "LabelSmoothing", NumberRule.PositiveBelowHalf)]], at => new Exo(at.Beta, at["LabelSmoothing"])),
        new("APO-zero", [s_beta], at => new ApoZero(at.Beta)),
        new("APO-down", [s_beta], at => new ApoDown(at.Beta)),
        new("BCO", [s_beta], at => new Bco(at.Beta)),
        new("BCO-delta", [s_beta], at => new BcoDelta(at.Beta)),
        new("DiscoPOP", [s_beta, [new("tau", "Tau", NumberRule.Positive, Optional: true)]], at => new DiscoPop(at.Beta) { Tau = at.Or("Tau", 0.05) }),
        new("AOT", [s_beta, s_mayBeSmooth], at => new Aot(at.Beta) { LabelSmoothing = at.Or("LabelSmoothing", 0) }),
        new("AOT-unpaired", [s_beta, s_mayBeSmooth], at => new AotUnpaired(at.Beta) { LabelSmoothing = at.Or("LabelSmoothing", 0) }),
    ];

    /// <summary>The names of all methods, in the order of the README's table.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(method => method.Name)];

    /// <summary>The objective that a grid point trains with.</summary>
    /// <exception cref="ArgumentException">The point's method is unknown, or is SFT.</exception>
    public static Objective Objective(GridPoint point)
    {
        MethodDefinition method = All.FirstOrDefault(known => known.Name == point.Method)
            ?? throw new ArgumentException($"{point.Method} is not a preference method; known: {string.Join(", ", Names)}");
        return method.Create(PointValues.Of(point));
    }
}

/// <summary>The hyperparameters of one grid point by name.</summary>
internal sealed record PointValues(IReadOnlyDictionary<string, double> Values)
{
    /// <summary>The values of a point.</summary>
    public static PointValues Of(GridPoint point) =>
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
