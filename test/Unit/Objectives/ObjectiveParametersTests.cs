using Alignment.Objectives;
using Alignment.Recipes;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Objectives;

public class ObjectiveParametersTests
{
    private static IEnumerable<TestCaseData> Impossible =>
    [
        Case(() => new Dpo(-0.1), "DPO: beta must be a finite number > 0, was -0.1 (Parameter 'beta')"),
        Case(() => new Dpo(double.NaN), "DPO: beta must be a finite number > 0, was NaN (Parameter 'beta')"),
        Case(() => new LnDpo(0), "LN-DPO: beta must be a finite number > 0, was 0 (Parameter 'beta')"),
        Case(() => new SimPo(double.PositiveInfinity, 1), "SimPO: beta must be a finite number > 0, was Infinity (Parameter 'beta')"),
        Case(() => new SimPo(2, -1.5), "SimPO: gamma must be a finite number >= 0, was -1.5 (Parameter 'gamma')"),
        Case(() => new SimPo(2, 1) { LabelSmoothing = 0.5 }, "SimPO: labelSmoothing must be a number >= 0 and < 0.5, was 0.5 (Parameter 'labelSmoothing')"),
        Case(() => new Cdpo(0.1, -0.1), "cDPO: labelSmoothing must be a number >= 0 and < 0.5, was -0.1 (Parameter 'labelSmoothing')"),
        Case(() => new RobustDpo(0.1, double.NaN), "robust-DPO: labelSmoothing must be a number >= 0 and < 0.5, was NaN (Parameter 'labelSmoothing')"),
        Case(() => new Exo(0.1, 0), "EXO: labelSmoothing must be a number > 0 and < 0.5, was 0 (Parameter 'labelSmoothing')"),
        Case(() => new LdDpo(0.1, 1.5), "LD-DPO: alpha must be a number >= 0 and <= 1, was 1.5 (Parameter 'alpha')"),
        Case(() => new RDpo(0.1, -1), "R-DPO: alpha must be a finite number >= 0, was -1 (Parameter 'alpha')"),
        Case(() => new Cpo(0.1) { NllWeight = -1 }, "CPO: nllWeight must be a finite number >= 0, was -1 (Parameter 'nllWeight')"),
        Case(() => new Kto(0.1) { DesirableWeight = 0 }, "KTO: desirableWeight must be a finite number > 0, was 0 (Parameter 'desirableWeight')"),
        Case(() => new AlphaPo(2, 1, double.NegativeInfinity), "AlphaPO: alpha must be a finite number, was -Infinity (Parameter 'alpha')"),
        Case(() => new DpoPositive(0.1, -1), "DPOP: lambda must be a finite number >= 0, was -1 (Parameter 'lambda')"),
        Case(() => new BetaDpo(0.1, 0.6) { FilterRatio = 1 }, "beta-DPO: filterRatio must be a number >= 0 and < 1, was 1 (Parameter 'filterRatio')"),
        Case(() => new Mix(0.1) { Sft = -1 }, "mix: sft must be a finite number >= 0, was -1 (Parameter 'sft')"),
        Case(() => new DiscoPop(0.1) { Tau = 0 }, "DiscoPOP: tau must be a finite number > 0, was 0 (Parameter 'tau')"),
    ];

    [TestCaseSource(nameof(Impossible))]
    public void Impossible_values_are_refused_where_the_record_is_made(Func<Objective> make, string message) =>
        Assert.That(() => make(), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.EqualTo(message));

    // each value is allowed, and together they are no loss
    [Test]
    public void A_mix_of_nothing_and_one_whose_parts_refuse_their_values_are_refused()
    {
        Dictionary<string, double> nothing = new() { ["Beta"] = 0.1, ["Sigmoid"] = 0 }, sharp = new() { ["Beta"] = 0.1, ["ExoPair"] = 1 };
        Declaration mix = Declarations.All.Single(method => method.Name == "mix");
        Assert.That(() => mix.Create(nothing), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.StartsWith(
            "mix: every weight is 0, so that there is no loss: give one of them a number > 0"));
        Assert.That(() => mix.Create(sharp), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.StartsWith(
            "EXO: labelSmoothing must be a number > 0 and < 0.5, was 0"));
        Assert.That(() => mix.Create(new Dictionary<string, double> { ["Beta"] = 0.1, ["Sigmoid"] = 0.5, ["Sft"] = 2 }), Throws.Nothing, "weights are added up");
    }

    [Test]
    public void The_ratio_of_the_simpo_code_is_gamma_over_beta()
    {
        var point = new GridPoint("SimPO", "SimPO-b2.5-r0.64", [new("Beta", "2.5"), new("GammaBetaRatio", "0.64")]);
        Assert.That(((SimPo)Methods.Objective(point)).Gamma, Is.EqualTo(1.6).Within(1e-15));
    }

    [Test]
    public void Objectives_of_equal_values_are_equal() => Assert.That(new SimPo(2, 1), Is.EqualTo(new SimPo(2, 1) { NllWeight = 0 }));

    [Test]
    public void Methods_without_a_reference_are_these() =>
        Assert.That(AllObjectives.Default.Where(objective => !objective.NeedsReference).Select(objective => objective.Name),
            Is.EqualTo(new[] { "SimPO", "SimPO-hinge", "DPO-reference-free", "CPO", "CPO-hinge", "ORPO", "AlphaPO", "SimPER" }));

    [TestCase("a second model", "TR-DPO", "epsilon-DPO")]
    [TestCase("no reference pass", "TR-DPO", "SimPO", "SimPO-hinge", "DPO-reference-free", "CPO", "CPO-hinge", "ORPO", "AlphaPO", "SimPER")]
    [TestCase("collisions", "WPO")]
    [TestCase("shared sums", "LD-DPO")]
    [TestCase("the whole batch", "KTO", "BCO-delta", "AOT", "AOT-unpaired", "beta-DPO")]
    public void What_a_trainer_makes_ready_is_what_a_method_needs(string what, params string[] names)
    {
        Func<Objective, bool> needs = what switch
        {
            "a second model" => objective => objective.NeedsModel,
            "no reference pass" => objective => !objective.ReadsReferencePass,
            "collisions" => objective => objective.NeedsCollisions,
            "shared sums" => objective => objective.NeedsSharedSums,
            _ => objective => objective.CouplesPairs,
        };
        Assert.That(AllObjectives.Default.Where(needs).Select(objective => objective.Name), Is.EquivalentTo(names));
    }

    [Test]
    public void A_mix_needs_what_its_parts_need()
    {
        (bool Couples, bool Collisions) Of(Mix mix) => (mix.CouplesPairs, mix.NeedsCollisions);
        Assert.That(Of(new(0.1)), Is.EqualTo((false, false)));
        Assert.That(Of(new(0.1) { Aot = 1 }), Is.EqualTo((true, false)));
        Assert.That(Of(new(0.1) { AotUnpaired = 1 }), Is.EqualTo((true, false)));
        Assert.That(Of(new(0.1) { Wpo = 1 }), Is.EqualTo((false, true)));
    }

    [Test]
    public void An_objective_has_the_name_that_recipes_give_it() =>
        Assert.That(AllObjectives.Full.Select(objective => objective.Name), Is.EqualTo(Methods.Names));

    private static TestCaseData Case(Func<Objective> make, string message) => new TestCaseData(make, message).SetArgDisplayNames(message);
}
