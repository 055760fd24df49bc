using Alignment.Objectives;
using Alignment.Objectives.OnePass;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Objectives;

/// <summary>The loss in one pass against its twin on tensors.</summary>
public class OnePassLossTests
{
    private static IEnumerable<PairwiseObjective> Each => AllObjectives.Each.OfType<PairwiseObjective>();

    [Test]
    public void Every_objective_that_couples_no_pairs_has_it() =>
        Assert.That(AllObjectives.Each.Where(objective => objective is not PairwiseObjective).All(objective => objective.CouplesPairs));

    [TestCaseSource(nameof(Each))]
    public void Losses_rewards_and_gradients_are_the_tensors(PairwiseObjective objective)
    {
        foreach (int count in new[] { 0, 1, 7, 64 })
            foreach (ulong seed in new ulong[] { 1, 2, 3 })
                Compare(objective, () => Pairs.Random(seed, count).LogProbs(), 1e-12);
    }

    // among them margins of 0, where hinges have their kinks
    [TestCaseSource(nameof(Each))]
    public void Far_margins_are_the_tensors(PairwiseObjective objective)
    {
        double[] chosen = [-1e4, -1e-8, -1e5, -1e-8, 0, -30, -1], rejected = [-1e-8, -1e4, -1e-8, -1e5, 0, -1, -30];
        double[] ones = [.. chosen.Select(_ => -1.0)];
        Compare(objective, () => Pairs.Of(chosen, rejected, ones, ones, [1, 1, 1, 1, 3, 7, 7], [1, 1, 1, 1, 2, 7, 7]).WithShared(), 1e-12);
    }

    [TestCaseSource(nameof(Each))]
    public void In_float32_it_is_the_tensors_up_to_their_rounding(PairwiseObjective objective) =>
        Compare(objective, () => Pairs.Random(5, 32).LogProbs(ScalarType.Float32), 2e-4);

    [TestCaseSource(nameof(Each))]
    public void A_nan_is_never_hidden(PairwiseObjective objective)
    {
        using var scope = NewDisposeScope();
        PairLogProbs pairs = Pairs.Of([double.NaN, -1], [-1, double.NaN], [-1, -1], [-1, -1], [2, 2], [2, 2]).WithShared();
        Assert.That(Pairs.Numbers(OnePassLoss.Of(objective, pairs).Losses), Is.All.NaN);
    }

    [Test]
    public void Many_pairs_are_left_to_libtorch()
    {
        using var scope = NewDisposeScope();
        Assert.That(OnePassLoss.Serves(Pairs.Random(1, (int)OnePassLoss.MostPairs).LogProbs()));
        Assert.That(OnePassLoss.Serves(Pairs.Random(1, (int)OnePassLoss.MostPairs + 1).LogProbs()), Is.False);
    }

    private static void Compare(PairwiseObjective objective, Func<PairLogProbs> make, double tolerance)
    {
        using var scope = NewDisposeScope();
        double[][] once = Results(OnePassLoss.Of), twin = Results(TensorLoss.Of);
        string[] names = ["losses", "chosen rewards", "rejected rewards", "gradients of the chosen", "gradients of the rejected"];
        for (int i = 0; i < names.Length; i++)
            for (int pair = 0; pair < twin[i].Length; pair++)
                Assert.That(once[i][pair], Is.EqualTo(twin[i][pair]).Within(tolerance * Math.Max(1, Math.Abs(twin[i][pair]))), $"{objective}, {names[i]}, pair {pair}");

        // weighted, so that the outer gradient counts
        double[][] Results(Func<PairwiseObjective, PairLogProbs, PairLosses> loss)
        {
            PairLogProbs pairs = make();
            PairLosses losses = loss(objective, pairs);
            (losses.Losses * arange(1, losses.Losses.shape[0] + 1)).sum().backward();
            return [.. new[] { losses.Losses, losses.ChosenRewards, losses.RejectedRewards, pairs.Chosen.grad!, pairs.Rejected.grad! }.Select(Pairs.Numbers)];
        }
    }
}
