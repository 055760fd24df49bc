using Alignment.Objectives;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Objectives;

public class ObjectiveTests
{
    private static readonly Objective[] s_all = [new Dpo(0.1), new LnDpo(2), new SimPo(2, 1)];
    private static readonly Objective[] s_withReference = [.. s_all.Where(objective => objective.NeedsReference)];

    private static IEnumerable<TestCaseData> CheckValues =>
    [
        new(new Dpo(0.1), 0.5650706677),
        new(new LnDpo(0.1), 0.6816073991),
        new(new LnDpo(2), 0.4877108847),
        new(new SimPo(0.1, 0.5), 0.9798670875),
        new(new SimPo(2, 1), 1.4523217408),
        new(new LnDpo(2) { LabelSmoothing = 0.1 }, 0.5341394561),
        new(new SimPo(2, 1) { LabelSmoothing = 0.1 }, 1.3337503122),
        new(new Cdpo(0.1, 0.1), 0.5925706677),
        new(new RobustDpo(0.1, 0.1), 0.5306956677),
        new(new IpoOnSums(0.1), 5.0625),
        new(new Ipo(0.1), 22.7324617347),
        new(new ApoZero(0.1), 0.9313607813),
        new(new Sppo(0.1), 26.3125),
        new(new Nca(0.1), 1.3218770769),
        new(new Exo(0.1, 0.1), 0.3700757853),
    ];

    [TestCaseSource(nameof(CheckValues))]
    public void Loss_of_the_check_pair_is_the_one_worked_out_by_hand(Objective objective, double expected)
    {
        using var scope = NewDisposeScope();
        Assert.That(Pairs.Numbers(objective.Loss(Pairs.Check()).Losses), Is.EqualTo(new[] { expected }).Within(1e-10));
    }

    [Test]
    public void Rewards_are_each_objectives_own()
    {
        using var scope = NewDisposeScope();
        PairLosses dpo = new Dpo(0.1).Loss(Pairs.Check()), lnDpo = new LnDpo(2).Loss(Pairs.Check()), simPo = new SimPo(2, 1).Loss(Pairs.Check());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Pairs.Numbers(dpo.ChosenRewards), Is.EqualTo(new[] { 0.1 * 1.25 }).Within(1e-12));
            Assert.That(Pairs.Numbers(dpo.RejectedRewards), Is.EqualTo(new[] { 0.1 * -1.5 }).Within(1e-12));
            Assert.That(Pairs.Numbers(lnDpo.ChosenRewards), Is.EqualTo(new[] { 2 * 1.25 / 10 }).Within(1e-12));
            Assert.That(Pairs.Numbers(lnDpo.RejectedRewards), Is.EqualTo(new[] { 2 * -1.5 / 14 }).Within(1e-12));
            Assert.That(Pairs.Numbers(simPo.ChosenRewards), Is.EqualTo(new[] { 2 * -1.2 }).Within(1e-12));
            Assert.That(Pairs.Numbers(simPo.RejectedRewards), Is.EqualTo(new[] { 2 * -15.5 / 14 }).Within(1e-12));
        }
    }

    [TestCaseSource(nameof(s_withReference))]
    public void Loss_is_log_two_when_policy_equals_reference(Objective objective)
    {
        using var scope = NewDisposeScope();
        PairLogProbs pairs = Pairs.Of([-12.7, -300.1], [-15.3, -20.9], [-12.7, -300.1], [-15.3, -20.9], [10, 200], [14, 3], ScalarType.Float32);
        Assert.That(Pairs.Numbers(objective.Loss(pairs).Losses), Is.All.EqualTo(Math.Log(2)).Within(1e-6));
    }

    [Test]
    public void Ln_dpo_is_simpo_with_the_references_margin_of_each_pair([Values(0.1, 1.0, 2.5)] double beta)
    {
        using var scope = NewDisposeScope();
        double[] referenceChosen = [-9, -40, -1], referenceRejected = [-30, -81, -60];
        long[] chosenCounts = [10, 80, 2], rejectedCounts = [14, 60, 60];
        double[] chosen = [-12, -50, -2], rejected = [-15.5, -33, -70];
        PairLogProbs pairs = Pairs.Of(chosen, rejected, referenceChosen, referenceRejected, chosenCounts, rejectedCounts);
        double[] lnDpo = Pairs.Numbers(new LnDpo(beta).Loss(pairs).Losses);
        for (int i = 0; i < lnDpo.Length; i++)
        {
            double margin = beta * (referenceChosen[i] / chosenCounts[i] - referenceRejected[i] / rejectedCounts[i]);
            PairLogProbs pair = Pairs.Of([chosen[i]], [rejected[i]], null, null, [chosenCounts[i]], [rejectedCounts[i]]);
            Assert.That(Pairs.Numbers(new SimPo(beta, margin).Loss(pair).Losses)[0], Is.EqualTo(lnDpo[i]).Within(1e-12));
        }
    }

    [Test]
    public void Ld_dpo_counts_the_longer_response_s_tail_with_its_weight()
    {
        using var scope = NewDisposeScope();
        // 60 % of each sum stand before the shorter response's end: 0.6 + 0.5 · 0.4 = 0.8 of c_w = 1.25 and c_l = −1.5 are left
        PairLosses half = new LdDpo(0.1, 0.5).Loss(Pairs.Check().WithShared(0.6));
        Assert.That(Pairs.Numbers(half.Losses)[0], Is.EqualTo(Math.Log(1 + Math.Exp(-0.1 * 0.8 * 2.75))).Within(1e-12));
        Assert.That((Pairs.Numbers(half.ChosenRewards)[0], Pairs.Numbers(half.RejectedRewards)[0]), Is.EqualTo((0.1 * 0.8 * 1.25, 0.1 * 0.8 * -1.5))
            .Using<(double, double)>((a, b) => Math.Abs(a.Item1 - b.Item1) < 1e-12 && Math.Abs(a.Item2 - b.Item2) < 1e-12));
    }

    [Test]
    public void Orpo_is_the_nll_and_beta_times_the_log_odds_ratio()
    {
        using var scope = NewDisposeScope();
        static double LogOdds(double mean) => Math.Log(Math.Exp(mean) / (1 - Math.Exp(mean)));
        double ratio = LogOdds(-1.2) - LogOdds(-15.5 / 14);
        Assert.That(Pairs.Numbers(new Orpo(0.5).Loss(Pairs.Check()).Losses)[0], Is.EqualTo(1.2 + 0.5 * Math.Log(1 + Math.Exp(-ratio))).Within(1e-12));
    }

    [Test]
    public void Dpo_without_a_reference_reports_log_ratios_where_there_is_one()
    {
        using var scope = NewDisposeScope();
        PairLogProbs pairs = Pairs.Check();
        Assert.That(Pairs.Numbers(new DpoReferenceFree(0.1).Loss(pairs).ChosenRewards), Is.EqualTo(new[] { 0.1 * 1.25 }).Within(1e-12));
        Assert.That(Pairs.Numbers(new DpoReferenceFree(0.1).Loss(pairs with { ReferenceChosen = null, ReferenceRejected = null }).ChosenRewards), Is.EqualTo(new[] { 0.1 * -12 }).Within(1e-12));
    }

    [Test]
    public void An_impossible_chosen_response_costs_simpo_infinitely_and_is_not_lost_in_a_nan()
    {
        using var scope = NewDisposeScope();
        PairLogProbs pairs = Pairs.Of([double.NegativeInfinity], [-3], null, null, [2], [3]);
        Assert.That(Pairs.Numbers(new SimPo(2, 1).Loss(pairs).Losses), Is.EqualTo(new[] { double.PositiveInfinity }));
    }

    [Test]
    public void An_objective_of_one_s_own_couples_no_pairs_unless_it_says_so() => Assert.That((new Own().CouplesPairs, new Own().NeedsSharedSums), Is.EqualTo((false, false)));

    private sealed record Own : Objective
    {
        public override string Name => "own";

        public override bool NeedsReference => false;

        public override PairLosses Loss(PairLogProbs pairs) => new(-pairs.Chosen, pairs.Chosen, pairs.Rejected);
    }

    [Test]
    public void A_pair_that_is_infinitely_far_on_the_right_side_costs_nothing_where_labels_are_sure()
    {
        using var scope = NewDisposeScope();
        Tensor far = tensor(new[] { double.PositiveInfinity, 0 });
        Assert.That(Pairs.Numbers(Logistic.Loss(far, 0)), Is.EqualTo(new[] { 0, Math.Log(2) }).Within(1e-15));
        Assert.That(Pairs.Numbers(Logistic.Loss(far, 0.1)), Is.EqualTo(new[] { double.PositiveInfinity, Math.Log(2) }).Within(1e-15));
    }

    [Test]
    public void Sums_that_an_objective_needs_and_pairs_lack_are_asked_for()
    {
        using var scope = NewDisposeScope();
        PairLogProbs whole = Pairs.Check();
        const string NoReference = "the objective needs the reference model's log-probs, and these pairs have none: run the reference pass first";
        foreach (PairLogProbs half in new[] { whole with { ReferenceChosen = null }, whole with { ReferenceRejected = null } })
            Assert.That(() => new Dpo(0.1).Loss(half), Throws.ArgumentException.With.Message.EqualTo(NoReference), "one half is not enough");
        Assert.That(() => new LdDpo(0.1, 0.5).Loss(whole), Throws.ArgumentException.With.Message.EqualTo(
            "the objective needs the sums over the first min(n_w, n_l) tokens, and these pairs have none"));
        Assert.That(() => new DpoReferenceFree(0.1).Loss(whole with { ReferenceChosen = null }), Throws.Nothing);
    }

    [TestCaseSource(nameof(s_all))]
    public void Gradient_raises_the_chosen_and_lowers_the_rejected_response(Objective objective)
    {
        using var scope = NewDisposeScope();
        PairLogProbs pairs = Pairs.Check();
        objective.Loss(pairs).Losses.sum().backward();
        Assert.That(Pairs.Numbers(pairs.Chosen.grad!)[0], Is.Negative);
        Assert.That(Pairs.Numbers(pairs.Rejected.grad!)[0], Is.Positive);
    }
}
