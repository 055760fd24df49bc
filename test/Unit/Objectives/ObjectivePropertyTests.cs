using Alignment.Objectives;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Objectives;

/// <summary>What holds for every objective, on random pairs.</summary>
public class ObjectivePropertyTests
{
    private static IEnumerable<TestCaseData> Each => AllObjectives.Each.Select((objective, i) => new TestCaseData(objective).SetArgDisplayNames($"{objective}"));

    // what a gradient holds fixed, beta-DPO's draw and β and WPO's weight, also in a mix, changes in a difference: FurtherObjectivesTests has their gradients
    private static IEnumerable<TestCaseData> Differentiable => Each.Where(test => test.Arguments[0] is not (BetaDpo or Wpo or Mix { Wpo: > 0 }));

    private static IEnumerable<Objective> AllButDiscoPop => AllObjectives.Each.Where(objective => objective is not DiscoPop);

    [Test]
    public void No_objective_escapes_these_properties() => Assert.That(AllObjectives.Each.Select(objective => objective.GetType()).Distinct(),
        Is.EquivalentTo(typeof(Objective).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Objective)) && !type.IsAbstract)));

    // where policy and reference are one. APO-down leaves the chosen response there and lowers the rejected one. DiscoPOP is no case of this: its
    // mixture rises at zero where tau < (1 − ln 2) / 3, and its default tau is 0.05
    [TestCaseSource(nameof(AllButDiscoPop))]
    public void Training_begins_by_raising_the_chosen_or_lowering_the_rejected_response(Objective objective)
    {
        using var scope = NewDisposeScope();
        PairLogProbs pairs = new PairValues([-12], [-15.5], [-12], [-15.5], [10], [14]).LogProbs();
        objective.Loss(pairs).Losses.sum().backward();
        (double chosen, double rejected) = (Pairs.Numbers(pairs.Chosen.grad!)[0], Pairs.Numbers(pairs.Rejected.grad!)[0]);
        Assert.That((chosen, rejected), Is.Not.EqualTo((0.0, 0.0)));
        Assert.That(chosen, Is.LessThanOrEqualTo(1e-12));
        Assert.That(rejected, Is.GreaterThanOrEqualTo(-1e-12));
    }

    // the gradient of the batch's mean loss, for objectives that couple pairs too; a kink or a stop-gradient would show
    [TestCaseSource(nameof(Differentiable))]
    public void Gradients_are_those_of_finite_differences(Objective objective)
    {
        const double Step = 1e-5;
        foreach (ulong seed in new ulong[] { 1, 2, 3 })
        {
            using var scope = NewDisposeScope();
            PairValues values = Pairs.Random(seed, 4);
            PairLogProbs pairs = values.LogProbs();
            double delta = objective is BcoDelta ? Delta(objective, values) : 0;
            objective.Loss(pairs).Losses.mean().backward();
            double[] chosen = Pairs.Numbers(pairs.Chosen.grad!), rejected = Pairs.Numbers(pairs.Rejected.grad!);
            for (int i = 0; i < 4; i++)
            {
                Assert.That(chosen[i], Is.EqualTo(Slope(values.Chosen, i, values)).Within(1e-7), $"{objective}, seed {seed}, chosen {i}");
                Assert.That(rejected[i], Is.EqualTo(Slope(values.Rejected, i, values)).Within(1e-7), $"{objective}, seed {seed}, rejected {i}");
            }

            double Slope(double[] sums, int i, PairValues at)
            {
                double before = sums[i], high = Mean(before + Step), low = Mean(before - Step);
                sums[i] = before;
                return (high - low) / (2 * Step);

                double Mean(double value)
                {
                    sums[i] = value;
                    // BCO-delta's shift carries no gradient: it stays where it was
                    Tensor losses = objective is BcoDelta bco ? Shifted(bco, at, delta) : objective.Loss(at.LogProbs()).Losses;
                    return losses.mean().item<double>();
                }
            }
        }
    }

    [TestCaseSource(nameof(Each))]
    public void Margins_of_1e4_give_finite_losses_and_gradients(Objective objective)
    {
        foreach (ScalarType type in new[] { ScalarType.Float32, ScalarType.Float64 })
        {
            using var scope = NewDisposeScope();
            double[] chosen = [-1e4, -1e-8, -1e5, -1e-8, 0], rejected = [-1e-8, -1e4, -1e-8, -1e5, 0];
            PairLogProbs pairs = Pairs.Of(chosen, rejected, [-1, -1, -1, -1, 0], [-1, -1, -1, -1, 0], [1, 1, 1, 1, 3], [1, 1, 1, 1, 2], type).WithShared();
            PairLosses losses = objective.Loss(pairs);
            losses.Losses.mean().backward();
            using (Assert.EnterMultipleScope())
            {
                Assert.That(losses.Losses.dtype, Is.EqualTo(type));
                foreach (Tensor found in new[] { losses.Losses, losses.ChosenRewards, losses.RejectedRewards, pairs.Chosen.grad!, pairs.Rejected.grad! })
                    Assert.That(Pairs.Numbers(found), Is.All.Matches<double>(double.IsFinite), $"{objective} in {type}");
            }
        }
    }

    [TestCaseSource(nameof(Each))]
    public void A_pair_counts_the_same_wherever_it_stands_in_the_batch(Objective objective)
    {
        if (objective is BetaDpo)
            objective = new BetaDpo(0.1, 0.3) { FilterRatio = 0 }; // a draw goes by place
        using var scope = NewDisposeScope();
        PairValues values = Pairs.Random(8, 5);
        int[] order = [3, 0, 4, 1, 2];
        T[] moved<T>(T[] of) => [.. order.Select(i => of[i])];
        PairValues other = new(moved(values.Chosen), moved(values.Rejected), moved(values.ReferenceChosen), moved(values.ReferenceRejected),
            moved(values.ChosenCounts), moved(values.RejectedCounts));
        Assert.That(Pairs.Numbers(objective.Loss(other.LogProbs()).Losses).Order(),
            Is.EqualTo(Pairs.Numbers(objective.Loss(values.LogProbs()).Losses).Order()).Within(1e-12));
    }

    [TestCaseSource(nameof(Each))]
    public void Pairs_are_coupled_only_where_the_objective_says_so(Objective objective)
    {
        using var scope = NewDisposeScope();
        PairValues values = Pairs.Random(8, 5);
        double[] together = Pairs.Numbers(objective.Loss(values.LogProbs()).Losses);
        double[] alone = [.. Enumerable.Range(0, 5).Select(i => Pairs.Numbers(objective.Loss(new PairValues([values.Chosen[i]], [values.Rejected[i]],
            [values.ReferenceChosen[i]], [values.ReferenceRejected[i]], [values.ChosenCounts[i]], [values.RejectedCounts[i]]).LogProbs() with { BatchChosenTokens = values.ChosenCounts.Average() }).Losses)[0])];
        Assert.That(together.Zip(alone).All(pair => Math.Abs(pair.First - pair.Second) < 1e-12), Is.EqualTo(!objective.CouplesPairs));
    }

    [TestCaseSource(nameof(Each))]
    public void Rewards_carry_no_gradient_and_their_swap_swaps_them(Objective objective)
    {
        using var scope = NewDisposeScope();
        PairValues values = Pairs.Random(4, 3);
        PairLosses losses = objective.Loss(values.LogProbs()), swapped = objective.Loss(values.Swapped().LogProbs());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(losses.ChosenRewards.requires_grad || losses.RejectedRewards.requires_grad, Is.False);
            Assert.That(Pairs.Numbers(swapped.ChosenRewards), Is.EqualTo(Pairs.Numbers(losses.RejectedRewards)).Within(1e-12));
            Assert.That(losses.Losses.shape, Is.EqualTo(new long[] { 3 }));
        }
    }

    [TestCaseSource(nameof(Each)), NonParallelizable]
    public void Only_the_three_results_outlive_a_loss(Objective objective)
    {
        using var scope = NewDisposeScope();
        PairLogProbs pairs = Pairs.Random(1, 3).LogProbs();
        DisposeScopeManager.Statistics.Reset();
        PairLosses losses = objective.Loss(pairs);
        Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.EqualTo(3));
        losses.Losses.Dispose();
        losses.ChosenRewards.Dispose();
        losses.RejectedRewards.Dispose();
        Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.Zero);
    }

    [TestCaseSource(nameof(Each))]
    public void What_the_pairs_lack_is_an_error_and_never_zero(Objective objective)
    {
        using var scope = NewDisposeScope();
        PairLogProbs bare = Pairs.Of([-12], [-15.5], null, null, [10], [14]);
        if (objective.NeedsReference)
            Assert.That(() => objective.Loss(bare), Throws.ArgumentException.With.Message.EqualTo(
                "the objective needs the reference model's log-probs, and these pairs have none: run the reference pass first"));
        else
            Assert.That(Pairs.Numbers(objective.Loss(bare).Losses), Is.All.Matches<double>(double.IsFinite));
        if (objective.NeedsSharedSums)
            Assert.That(() => objective.Loss(Pairs.Check()), Throws.ArgumentException.With.Message.EqualTo(
                "the objective needs the sums over the first min(n_w, n_l) tokens, and these pairs have none"));
        if (objective.NeedsCollisions)
            Assert.That(() => objective.Loss(Pairs.Check()), Throws.ArgumentException.With.Message.EqualTo("the objective needs log Σ p² along both responses, and these pairs have none"));
        if (objective.KlStep is not null)
            Assert.That(() => objective.Loss(Pairs.Check()), Throws.ArgumentException.With.Message.EqualTo("the objective needs the direction of each pair's KL step, and these pairs have none"));
    }

    private static double Delta(Objective objective, PairValues values)
    {
        PairLosses losses = objective.Loss(values.LogProbs());
        return (Pairs.Numbers(losses.ChosenRewards).Average() + Pairs.Numbers(losses.RejectedRewards).Average()) / 2;
    }

    private static Tensor Shifted(BcoDelta bco, PairValues values, double delta)
    {
        PairLosses losses = bco.Loss(values.LogProbs());
        return -nn.functional.logsigmoid(losses.ChosenRewards - delta) - nn.functional.logsigmoid(delta - losses.RejectedRewards);
    }
}
