using Alignment.Files;
using Alignment.Objectives;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Objectives;

/// <summary>Pairs from plain numbers; the policy's sums are leaves that take gradients.</summary>
internal static class Pairs
{
    public static PairLogProbs Of(double[] chosen, double[] rejected, double[]? referenceChosen, double[]? referenceRejected,
        long[] chosenCounts, long[] rejectedCounts, ScalarType type = ScalarType.Float64) => new()
        {
            Chosen = Sums(chosen, type).requires_grad_(),
            Rejected = Sums(rejected, type).requires_grad_(),
            ReferenceChosen = referenceChosen == null ? null : Sums(referenceChosen, type),
            ReferenceRejected = referenceRejected == null ? null : Sums(referenceRejected, type),
            ChosenCounts = tensor(chosenCounts),
            RejectedCounts = tensor(rejectedCounts),
        };

    /// <summary>The pair of the check values: p_w = −12, p_l = −15.5, r_w = −13.25, r_l = −14, n = 10 and 14.</summary>
    public static PairLogProbs Check() => Of([-12], [-15.5], [-13.25], [-14], [10], [14]);

    /// <summary>The same pairs with shared sums: a fixed share of each sum, so that gradients still reach the leaves; and with collisions, so many nats a token, and KL steps of −1, 0, 1.</summary>
    public static PairLogProbs WithShared(this PairLogProbs pairs, double share = 0.6) => pairs with
    {
        KlSteps = (pairs.ChosenCounts + pairs.RejectedCounts).remainder(3).to(ScalarType.Float64) - 1,
        Collisions = new(pairs.ChosenCounts.to(ScalarType.Float64) * -0.7, pairs.RejectedCounts.to(ScalarType.Float64) * -1.1),
        Shared = pairs.ReferenceChosen is null ? null
            : new(pairs.Chosen * share, pairs.Rejected * share, pairs.ReferenceChosen * share, pairs.ReferenceRejected! * share),
    };

    /// <summary>Random pairs of a seed, policy and reference some nats apart.</summary>
    public static PairValues Random(ulong seed, int count)
    {
        var random = new SeededRandom(seed, "test/pairs");
        double[] reference() => [.. Enumerable.Range(0, count).Select(_ => -2 - 40 * random.NextDouble())];
        double[] near(double[] values) => [.. values.Select(value => Math.Min(-0.01, value + 2 * random.NextNormal()))];
        long[] counts() => [.. Enumerable.Range(0, count).Select(_ => 1L + random.NextInt(30))];
        double[] referenceChosen = reference(), referenceRejected = reference();
        return new(near(referenceChosen), near(referenceRejected), referenceChosen, referenceRejected, counts(), counts());
    }

    public static double[] Numbers(Tensor values)
    {
        using Tensor wide = values.detach().to(ScalarType.Float64);
        return wide.data<double>().ToArray();
    }

    private static Tensor Sums(double[] values, ScalarType type)
    {
        using Tensor wide = tensor(values);
        return type == ScalarType.Float64 ? wide.clone() : wide.to(type);
    }
}

/// <summary>The numbers of some pairs.</summary>
internal sealed record PairValues(
    double[] Chosen, double[] Rejected, double[] ReferenceChosen, double[] ReferenceRejected, long[] ChosenCounts, long[] RejectedCounts)
{
    public PairLogProbs LogProbs(ScalarType type = ScalarType.Float64) =>
        Pairs.Of(Chosen, Rejected, ReferenceChosen, ReferenceRejected, ChosenCounts, RejectedCounts, type).WithShared();

    /// <summary>Chosen and rejected change places.</summary>
    public PairValues Swapped() => new(Rejected, Chosen, ReferenceRejected, ReferenceChosen, RejectedCounts, ChosenCounts);
}
