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
        Case(() => new DiscoPop(0.1) { Tau = 0 }, "DiscoPOP: tau must be a finite number > 0, was 0 (Parameter 'tau')"),
    ];

    [TestCaseSource(nameof(Impossible))]
    public void Impossible_values_are_refused_where_the_record_is_made(Func<Objective> make, string message) =>
        Assert.That(() => make(), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.EqualTo(message));

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
            Is.EqualTo(new[] { "SimPO", "SimPO-hinge", "DPO-reference-free", "CPO", "CPO-hinge", "ORPO" }));

    [Test]
    public void An_objective_has_the_name_that_recipes_give_it() =>
        Assert.That(AllObjectives.Full.Select(objective => objective.Name), Is.EqualTo(Methods.Names));

    private static TestCaseData Case(Func<Objective> make, string message) => new TestCaseData(make, message).SetArgDisplayNames(message);
}
