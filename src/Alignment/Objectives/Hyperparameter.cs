using Alignment.Files;

namespace Alignment.Objectives;

/// <summary>A hyperparameter, said once: recipes, grid points, slugs, reports, imports and the objective's own checks read it here.</summary>
/// <param name="Key">In recipes, such as labelSmoothing.</param>
/// <param name="Letter">In slugs.</param>
/// <param name="Rule">The values it may take.</param>
internal sealed record Hyperparameter(string Key, string Letter, NumberRule Rule)
{
    /// <summary>β, which nearly every objective has.</summary>
    public static Hyperparameter Beta { get; } = new("beta", "b", NumberRule.Positive) { Symbol = "β" };

    /// <summary>γ, SimPO's margin: as it is in one code base, divided by β in another.</summary>
    public static Hyperparameter Gamma { get; } = new("gamma", "g", NumberRule.NotNegative)
    {
        Symbol = "γ",
        OverBeta = new("gammaBetaRatio", "r", NumberRule.NotNegative) { Symbol = "γ/β" },
    };

    /// <summary>ε, the probability of a wrong label: at one half a label would say nothing.</summary>
    public static Hyperparameter LabelSmoothing { get; } = new("labelSmoothing", "ls", NumberRule.BelowHalf);

    /// <summary>λ, the weight of an added NLL of the chosen response.</summary>
    public static Hyperparameter NllWeight { get; } = new("nllWeight", "nll", NumberRule.NotNegative);

    /// <summary>τ, where DiscoPOP changes from one loss to the other.</summary>
    public static Hyperparameter Tau { get; } = new("tau", "t", NumberRule.Positive) { Symbol = "τ", Default = 0.05 };

    /// <summary>At grid points and in tables, such as LabelSmoothing: the name of the objective's property.</summary>
    public string Name => char.ToUpperInvariant(Key[0]) + Key[1..];

    /// <summary>In figures; the name where there is no shorter one.</summary>
    public string Symbol { get => field ?? Name; init; }

    /// <summary>Its value where a recipe leaves it out; points do not name it then. Null: it must be given.</summary>
    public double? Default { get; init; }

    /// <summary>The same divided by β: a recipe gives one of the two, and a point names both.</summary>
    public Hyperparameter? OverBeta { get; init; }

    /// <summary>It and <see cref="OverBeta"/>, where there is one: what a recipe chooses from.</summary>
    public IEnumerable<Hyperparameter> Forms => OverBeta is { } ratio ? [this, ratio] : [this];

    /// <summary>May be left out.</summary>
    public Hyperparameter Or(double absent) => this with { Default = absent };
}

/// <summary>An objective's name, its hyperparameters and how it is made of them; it stands in the objective's record, beside the formula.</summary>
/// <param name="name">As in recipes and tables.</param>
/// <param name="create">The objective; takes values by their names.</param>
/// <param name="parameters">In the order of grid points.</param>
internal sealed class Declaration(string name, Func<Func<string, double>, Objective> create, params Hyperparameter[] parameters)
{
    /// <summary>As in recipes and tables.</summary>
    public string Name => name;

    /// <summary>In the order of grid points.</summary>
    public IReadOnlyList<Hyperparameter> Parameters => parameters;

    /// <summary>The objective with values by name; what is left out has its default, and γ is γ/β times β where only that is given.</summary>
    /// <exception cref="KeyNotFoundException">A value that must be given is not.</exception>
    public Objective Create(IReadOnlyDictionary<string, double> values) => create(parameter => Value(Of(parameter), values));

    /// <summary>A value that passes its parameter's rule.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It does not; the message names objective and parameter.</exception>
    public double Checked(double value, string parameter)
    {
        Hyperparameter given = Of(parameter);
        string wanted = double.IsFinite(given.Rule.High) ? given.Rule.Wanted : given.Rule.Wanted.Replace("a number", "a finite number", StringComparison.Ordinal);
        return given.Rule.Allows(value) ? value
            : throw new ArgumentOutOfRangeException(given.Key, FormattableString.Invariant($"{name}: {given.Key} must be {wanted}, was {value}"));
    }

    /// <summary>What a parameter is where it is left out.</summary>
    public double Default(string parameter) => Of(parameter).Default!.Value;

    private Hyperparameter Of(string parameter) => parameters.SelectMany(own => own.Forms).First(own => own.Name == parameter);

    private static double Value(Hyperparameter parameter, IReadOnlyDictionary<string, double> values) =>
        values.TryGetValue(parameter.Name, out double value) ? value
        : parameter.OverBeta is { } ratio ? values[ratio.Name] * values[Hyperparameter.Beta.Name]
        : parameter.Default ?? values[parameter.Name];
}

/// <summary>The declarations of all objectives.</summary>
internal static class Declarations
{
    /// <summary>In the order of README.md's table.</summary>
    public static IReadOnlyList<Declaration> All { get; } =
    [
        Dpo.Declared, LnDpo.Declared, SimPo.Declared, SimPoHinge.Declared, Cdpo.Declared, RobustDpo.Declared, DpoReferenceFree.Declared,
        Hinge.Declared, Ipo.Declared, IpoOnSums.Declared, RDpo.Declared, LdDpo.Declared, Cpo.Declared, CpoHinge.Declared, Orpo.Declared,
        Kto.Declared, Sppo.Declared, Nca.Declared, Exo.Declared, ApoZero.Declared, ApoDown.Declared, Bco.Declared, BcoDelta.Declared,
        DiscoPop.Declared, Aot.Declared, AotUnpaired.Declared,
        AlphaPo.Declared, SimPer.Declared, DpoPositive.Declared, Wpo.Declared, TrDpo.Declared, EpsilonDpo.Declared, BetaDpo.Declared, Mix.Declared,
    ];
}
