using Alignment.Objectives;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Objectives;

/// <summary>How objectives are related: limits, special cases and symmetries.</summary>
public class ObjectiveRelationTests
{
    private const double Beta = 0.3;

    private static IEnumerable<TestCaseData> SpecialCases =>
    [
        Same("cDPO without smoothing is DPO", new Cdpo(Beta, 0), new Dpo(Beta)),
        Same("robust DPO without noise is DPO", new RobustDpo(Beta, 0), new Dpo(Beta)),
        Same("R-DPO without a length weight is DPO", new RDpo(Beta, 0), new Dpo(Beta)),
        Same("LD-DPO with full weight on the tail is DPO", new LdDpo(Beta, 1), new Dpo(Beta)),
        Same("CPO without NLL is DPO without a reference", new Cpo(Beta) { NllWeight = 0 }, new DpoReferenceFree(Beta)),
        Same("a mix left as it is is DPO", new Mix(Beta), new Dpo(Beta)),
        Same("DPO with NLL is a mix", new Mix(Beta) { Sft = 0.7 }, new Dpo(Beta) { NllWeight = 0.7 }),
        Same("LN-DPO with NLL is a mix", new Mix(Beta) { Sigmoid = 0, SigmoidNorm = 1, Sft = 0.3 }, new LnDpo(Beta) { NllWeight = 0.3 }),
        Same("DPOP without a penalty is DPO", new DpoPositive(Beta, 0), new Dpo(Beta)),
        Same("AlphaPO without a bend is SimPO", new AlphaPo(Beta, 0.5, 0), new SimPo(Beta, 0.5)),
        Same("smoothing 0 of LN-DPO is LN-DPO", new LnDpo(Beta) { LabelSmoothing = 0 }, new LnDpo(Beta)),
    ];

    [TestCaseSource(nameof(SpecialCases))]
    public void A_special_case_is_the_other_objective(Objective one, Objective other)
    {
        using var scope = NewDisposeScope();
        PairValues values = Pairs.Random(11, 6);
        Assert.That(Pairs.Numbers(one.Loss(values.LogProbs()).Losses), Is.EqualTo(Pairs.Numbers(other.Loss(values.LogProbs()).Losses)).Within(1e-12));
    }

    // with the label's noise ε, cDPO weighs a pair and its swap; robust DPO is the combination whose mean under that noise is DPO
    [Test]
    public void Noise_in_the_labels_is_what_cdpo_expects_and_robust_dpo_undoes([Values(0.05, 0.1, 0.4)] double noise)
    {
        using var scope = NewDisposeScope();
        PairValues values = Pairs.Random(12, 6);
        double[] right = Losses(new Dpo(Beta), values), wrong = Losses(new Dpo(Beta), values.Swapped());
        double[] conservative = Losses(new Cdpo(Beta, noise), values);
        double[] robust = Losses(new RobustDpo(Beta, noise), values), robustSwapped = Losses(new RobustDpo(Beta, noise), values.Swapped());
        for (int i = 0; i < right.Length; i++)
        {
            Assert.That(conservative[i], Is.EqualTo((1 - noise) * right[i] + noise * wrong[i]).Within(1e-12));
            Assert.That((1 - noise) * robust[i] + noise * robustSwapped[i], Is.EqualTo(right[i]).Within(1e-10));
        }
    }

    [Test]
    public void A_pair_and_its_swap_differ_by_the_margin()
    {
        using var scope = NewDisposeScope();
        PairValues values = Pairs.Random(13, 6); // −log S(x) + log S(−x) = −x
        PairLosses dpo = new Dpo(Beta).Loss(values.LogProbs());
        double[] margins = [.. Pairs.Numbers(dpo.ChosenRewards).Zip(Pairs.Numbers(dpo.RejectedRewards), (chosen, rejected) => chosen - rejected)];
        double[] differences = [.. Losses(new Dpo(Beta), values.Swapped()).Zip(Losses(new Dpo(Beta), values), (swapped, given) => swapped - given)];
        Assert.That(differences, Is.EqualTo(margins).Within(1e-12));
    }

    [Test]
    public void Exo_is_least_where_the_policy_s_preference_is_the_smoothed_label()
    {
        using var scope = NewDisposeScope();
        double best = Math.Log(0.9 / 0.1); // S(best) = 1 − ε: the divergence is 0
        double At(double margin) => Losses(new Exo(1, 0.1), new([margin], [0], [0], [0], [1], [1]))[0];
        Assert.That(At(best), Is.Zero.Within(1e-12));
        Assert.That(new[] { At(best - 0.1), At(best + 0.1), At(-20), At(20) }, Is.All.Positive);
    }

    [Test]
    public void Ipo_sppo_and_hinge_are_least_at_their_targets()
    {
        using var scope = NewDisposeScope();
        PairValues at = new([-3 + 1 / (4 * Beta)], [-5 - 1 / (4 * Beta)], [-3], [-5], [2], [4]); // Δ = 1/(2β)
        Assert.That(Losses(new IpoOnSums(Beta), at)[0], Is.Zero.Within(1e-12));
        PairValues self = new([-3 + 1 / (2 * Beta)], [-5 - 1 / (2 * Beta)], [-3], [-5], [2], [4]);
        Assert.That(Losses(new Sppo(Beta), self)[0], Is.Zero.Within(1e-12));
        Assert.That(Losses(new Hinge(2 * Beta), at)[0], Is.Zero.Within(1e-12));
        Assert.That(Losses(new Hinge(Beta), at)[0], Is.EqualTo(0.5).Within(1e-12));
    }

    [Test]
    public void DiscoPop_is_the_logistic_loss_far_below_zero_and_the_exponential_far_above()
    {
        using var scope = NewDisposeScope();
        double At(double margin) => Losses(new DiscoPop(1), new([margin], [0], [0], [0], [1], [1]))[0];
        Assert.That(At(-8), Is.EqualTo(Math.Log(1 + Math.Exp(8))).Within(1e-9));
        Assert.That(At(8), Is.EqualTo(Math.Exp(-8)).Within(1e-12));
        Assert.That(At(0), Is.EqualTo((Math.Log(2) + 1) / 2).Within(1e-12));
    }

    [Test]
    public void R_dpo_is_easier_on_a_pair_whose_chosen_response_is_longer()
    {
        using var scope = NewDisposeScope();
        double plain = Losses(new Dpo(0.1), new([-12], [-15.5], [-13.25], [-14], [14], [10]))[0];
        double longer = Losses(new RDpo(0.1, 0.05), new([-12], [-15.5], [-13.25], [-14], [14], [10]))[0];
        Assert.That(longer, Is.EqualTo(Math.Log(1 + Math.Exp(-(0.1 * 2.75 + 0.05 * 4)))).Within(1e-12)); // Δ = 1.25 + 1.5
        Assert.That(longer, Is.LessThan(plain));
    }

    [Test]
    public void Nll_is_added_per_response_token()
    {
        using var scope = NewDisposeScope();
        PairValues values = new([-12], [-15.5], [-13.25], [-14], [10], [14]);
        foreach ((Objective with, Objective without) in new (Objective, Objective)[]
        {
            (new Cpo(Beta) { NllWeight = 0.5 }, new Cpo(Beta) { NllWeight = 0 }),
            (new CpoHinge(Beta) { NllWeight = 0.5 }, new CpoHinge(Beta) { NllWeight = 0 }),
            (new Orpo(Beta) { NllWeight = 0.5 }, new Orpo(Beta) { NllWeight = 0 }),
            (new SimPo(Beta, 1) { NllWeight = 0.5 }, new SimPo(Beta, 1)),
        })
            Assert.That(Losses(with, values)[0] - Losses(without, values)[0], Is.EqualTo(0.5 * 12 / 10).Within(1e-12), $"{with}");
    }

    [Test]
    public void Kto_takes_its_reference_points_from_the_other_half_and_never_below_zero()
    {
        using var scope = NewDisposeScope();
        PairValues values = new([-1, -2], [-4, -1], [-2, -4], [-3, -1.5], [1, 1], [1, 1]); // c_w = 1, 2; c_l = −1, ½: z_w = 1½, z_l = 0
        double S(double x) => 1 / (1 + Math.Exp(-x));
        Assert.That(Losses(new Kto(Beta) { DesirableWeight = 2 }, values), Is.EqualTo(new[]
        {
            2 * (1 - S(Beta * 1)) + 1 - S(Beta * (1.5 + 1)),
            2 * (1 - S(Beta * 2)) + 1 - S(Beta * (1.5 - 0.5)),
        }).Within(1e-12));
    }

    [Test]
    public void Aot_holds_sorted_margins_against_each_other()
    {
        using var scope = NewDisposeScope();
        PairValues values = new([-1, -2], [-4, -1], [-2, -4], [-3, -1.5], [1, 1], [1, 1]);
        double L(double x) => Math.Log(1 + Math.Exp(-Beta * x));
        // policy margins 3, −1; reference margins 1, −2½; c_w = 1, 2; c_l = −1, ½
        Assert.That(Losses(new Aot(Beta), values), Is.EqualTo(new[] { L(-1 + 2.5), L(3 - 1) }).Within(1e-12));
        Assert.That(Losses(new AotUnpaired(Beta), values), Is.EqualTo(new[] { L(1 + 1), L(2 - 0.5) }).Within(1e-12));
    }

    private static double[] Losses(Objective objective, PairValues values) => Pairs.Numbers(objective.Loss(values.LogProbs()).Losses);

    private static TestCaseData Same(string name, Objective one, Objective other) => new TestCaseData(one, other).SetArgDisplayNames(name);
}
