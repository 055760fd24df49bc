using System.Reflection;
using System.Runtime.CompilerServices;
using Alignment.Files;
using Alignment.Objectives;
using Alignment.Recipes;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Objectives;

/// <summary>What an objective declares of itself, and who reads it.</summary>
public class DeclarationTests
{
    private static IEnumerable<TestCaseData> Each => Declarations.All.Select(method => new TestCaseData(method.Name).SetArgDisplayNames(method.Name));

    [Test]
    public void Every_objective_is_declared_once()
    {
        Type[] types = [.. typeof(Objective).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Objective)) && !type.IsAbstract)];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Declarations.All, Is.Unique);
            Assert.That(Declarations.All.Select(method => method.Name), Is.Unique);
            Assert.That(Declarations.All, Is.EquivalentTo(types.Select(type => type.GetProperty("Declared", BindingFlags.Static | BindingFlags.NonPublic)!.GetValue(null))));
        }
    }

    // folders of stored runs are named by the letters
    [Test]
    public void Slugs_and_figures_name_hyperparameters_by_letters_and_symbols_that_stay() => Assert.That(
        Declarations.All.SelectMany(method => method.Parameters).SelectMany(parameter => parameter.Forms)
            .Select(parameter => $"{parameter.Key} {parameter.Letter} {parameter.Symbol}").Distinct().Order(StringComparer.Ordinal),
        Is.EqualTo(new[]
        {
            "alpha a α", "aot aot Aot", "aotUnpaired aou AotUnpaired", "apoDown apd ApoDown", "apoZero apz ApoZero", "bcoPair bco BcoPair",
            "beta b β", "desirableWeight wd DesirableWeight", "discopop dis Discopop", "epsilon ep ε", "exoPair exo ExoPair", "filterRatio f ρ", "gamma g γ",
            "gammaBetaRatio r γ/β", "hinge hin Hinge", "ipo ipo Ipo", "labelSmoothing ls LabelSmoothing", "lambda l λ", "mixup mx Mixup", "momentum m μ",
            "ncaPair nca NcaPair", "nllWeight nll NllWeight", "robust rob Robust", "sft sft Sft", "sigmoid sig Sigmoid",
            "sigmoidNorm sgn SigmoidNorm", "sppoHard spp SppoHard", "syncSteps ss SyncSteps", "tau t τ", "undesirableWeight wu UndesirableWeight", "wpo wpo Wpo",
        }));

    // its constructor and init properties, and nothing else
    [TestCaseSource(nameof(Each))]
    public void An_objective_declares_exactly_its_settable_numbers(string name)
    {
        Type type = AllObjectives.Default.Single(objective => objective.Name == name).GetType();
        IEnumerable<string?> constructed = type.GetConstructors().Single().GetParameters().Select(parameter => parameter.Name);
        IEnumerable<string> initialised = type.GetProperties().Where(property => property.CanWrite && property.PropertyType == typeof(double)).Select(property => property.Name);
        Assert.That(Of(name).Parameters.Select(parameter => parameter.Name), Is.EquivalentTo(constructed.Concat(initialised)));
        Assert.That(Of(name).Parameters.Where(parameter => parameter.Default is null).Select(parameter => parameter.Name), Is.EqualTo(constructed));
    }

    [TestCaseSource(nameof(Each))]
    public void What_is_left_out_has_its_declared_default(string name)
    {
        Objective objective = AllObjectives.Default.Single(made => made.Name == name);
        foreach (Hyperparameter parameter in Of(name).Parameters.Where(parameter => parameter.Default is not null))
            Assert.That(objective.GetType().GetProperty(parameter.Name)!.GetValue(objective), Is.EqualTo(parameter.Default));
    }

    // a formula that passes over one of them would train something else than the recipe says
    [TestCaseSource(nameof(Each))]
    public void Each_hyperparameter_changes_the_loss(string name)
    {
        using var scope = NewDisposeScope();
        PairValues pairs = Pairs.Random(6, 5);
        Dictionary<string, double> values = Of(name).Parameters.ToDictionary(parameter => parameter.Name, AllObjectives.Value);
        double[] before = Pairs.Numbers(Of(name).Create(values).Loss(pairs.LogProbs()).Losses);
        foreach (Hyperparameter parameter in Of(name).Parameters.Where(parameter => parameter.Name is not (nameof(TrDpo.Mixup) or nameof(TrDpo.SyncSteps)))) // those move the reference
        {
            Dictionary<string, double> other = new(values) { [parameter.Name] = values[parameter.Name] / 2 };
            double[] after = Pairs.Numbers(Of(name).Create(other).Loss(pairs.LogProbs()).Losses);
            Assert.That(before.Zip(after, (one, two) => Math.Abs(one - two)).Max(), Is.GreaterThan(1e-6), parameter.Name);
        }
    }

    [TestCaseSource(nameof(Each))]
    public void What_a_rule_does_not_allow_is_refused(string name)
    {
        foreach (Hyperparameter parameter in Of(name).Parameters)
        {
            Dictionary<string, double> values = Of(name).Parameters.ToDictionary(own => own.Name, own => own.Rule.Any);
            values[parameter.Name] = double.NaN;
            Assert.That(() => Of(name).Create(values), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.StartsWith($"{name}: {parameter.Key} must be "));
        }
    }

    [Test]
    public void A_hyperparameter_has_one_letter_and_one_symbol_wherever_it_stands()
    {
        var known = Declarations.All.SelectMany(method => method.Parameters).SelectMany(parameter => parameter.Forms).Concat(Grid.OfStages)
            .Select(parameter => (parameter.Name, parameter.Letter, parameter.Symbol)).Distinct().ToArray();
        Assert.That(known.Select(parameter => parameter.Name), Is.Unique);
        Assert.That(known.Select(parameter => parameter.Letter), Is.Unique);
    }

    // stored runs are found by their slugs: another letter would be another run
    [Test]
    public void Letters_in_slugs_and_symbols_in_figures_stay_what_they_are() => Assert.That(
        Declarations.All.SelectMany(method => method.Parameters).SelectMany(parameter => parameter.Forms).Select(form => $"{form.Name} {form.Letter} {form.Symbol}").Distinct(),
        Is.EquivalentTo(new[]
        {
            "Alpha a α", "Aot aot Aot", "AotUnpaired aou AotUnpaired", "ApoDown apd ApoDown", "ApoZero apz ApoZero", "BcoPair bco BcoPair",
            "Beta b β", "DesirableWeight wd DesirableWeight", "Discopop dis Discopop", "Epsilon ep ε", "ExoPair exo ExoPair", "FilterRatio f ρ", "Gamma g γ",
            "GammaBetaRatio r γ/β", "Hinge hin Hinge", "Ipo ipo Ipo", "LabelSmoothing ls LabelSmoothing", "Lambda l λ", "Mixup mx Mixup", "Momentum m μ",
            "NcaPair nca NcaPair", "NllWeight nll NllWeight", "Robust rob Robust", "Sft sft Sft", "Sigmoid sig Sigmoid",
            "SigmoidNorm sgn SigmoidNorm", "SppoHard spp SppoHard", "SyncSteps ss SyncSteps", "Tau t τ", "UndesirableWeight wu UndesirableWeight", "Wpo wpo Wpo",
        }));

    [Test]
    public void Gamma_over_beta_stands_for_gamma_and_a_value_that_must_be_given_is_asked_for_by_name()
    {
        Declaration simPo = Of("SimPO");
        Assert.That(simPo.Create(new Dictionary<string, double> { ["Beta"] = 2.5, ["GammaBetaRatio"] = 0.4 }), Is.EqualTo(new SimPo(2.5, 1)));
        Assert.That(() => simPo.Create(new Dictionary<string, double> { ["Beta"] = 2.5 }), Throws.TypeOf<KeyNotFoundException>().With.Message.Contains("GammaBetaRatio"));
        Assert.That(() => Of("DPO").Create(new Dictionary<string, double>()), Throws.TypeOf<KeyNotFoundException>().With.Message.Contains("Beta"));
    }

    [Test]
    public void The_seed_is_named_as_points_name_it() => Assert.That(Grid.OfStages.Select(parameter => parameter.Name), Does.Contain(Grid.Seed));

    [Test]
    public void The_table_has_every_objective_its_hyperparameters_and_its_reference()
    {
        string[][] rows = [.. File.ReadLines(Readme()).Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(line => line.Split('|', StringSplitOptions.TrimEntries))];
        Assert.That(rows.Take(Declarations.All.Count).Select(row => (row[1], row[3], row[4])), Is.EqualTo(Declarations.All.Zip(AllObjectives.Default, (method, objective) =>
            ($"`{method.Name}`", Parameters(method), objective.NeedsReference ? "yes" : "no"))));
        Assert.That(rows.Skip(Declarations.All.Count).Select(row => row[1]),
            Is.EqualTo(AllObjectives.Default.Select(objective => objective.OnLabels).OfType<LabelledObjective>().Select(objective => $"`{objective.Name}`")), "on labelled responses");
    }

    [Test]
    public void The_readme_names_every_weight_of_a_mix() => Assert.That(File.ReadAllText(Readme()).ReplaceLineEndings(" "),
        Does.Contain("Weights of mix: " + string.Join(", ", Of("mix").Parameters.Where(IsWeight).Select(parameter => $"`{parameter.Key}`")) + "."));

    // a mix's weights would not fit into a line
    private static string Parameters(Declaration method) => method.Name != "mix" ? string.Join(", ", method.Parameters.Select(Text))
        : string.Join(", ", method.Parameters.Where(parameter => !IsWeight(parameter)).Select(Text).Append("weights"));

    private static bool IsWeight(Hyperparameter parameter) => parameter.Rule == NumberRule.NotNegative;

    private static string Text(Hyperparameter parameter) => string.Join(" or ", parameter.Forms.Select(form => form.Key)) + (parameter.Default is null ? "" : "?");

    private static Declaration Of(string name) => Declarations.All.Single(method => method.Name == name);

    private static string Readme([CallerFilePath] string file = "") =>
        Path.GetFullPath("../../../src/Alignment/Objectives/README.md", Path.GetDirectoryName(file)!);
}
