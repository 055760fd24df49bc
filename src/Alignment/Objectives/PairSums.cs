using static TorchSharp.torch;

namespace Alignment.Objectives;

/// <summary>What <see cref="PairLogProbs"/> holds, as formulas take it.</summary>
/// <param name="Policy">p: sums of the policy.</param>
/// <param name="Counts">n: response tokens.</param>
/// <param name="Reference">r: sums of the reference; null where there are none.</param>
internal sealed record PairSums(Sides Policy, Sides Counts, Sides? Reference)
{
    /// <summary>a = p/n.</summary>
    public Sides Means => Policy / Counts;

    /// <summary>c = p − r.</summary>
    public Sides LogRatios => Policy - Reference!;

    /// <summary>ℓ = p/n − r/n: divided before the difference, as the published implementations round it.</summary>
    public Sides MeanLogRatios => Policy / Counts - Reference! / Counts;

    /// <summary>Of these pairs.</summary>
    public static PairSums Of(PairLogProbs pairs)
    {
        return new(Both(pairs.Chosen, pairs.Rejected), Both(pairs.ChosenCounts, pairs.RejectedCounts),
            pairs is { ReferenceChosen: { } chosen, ReferenceRejected: { } rejected } ? Both(chosen, rejected) : null);

        Sides Both(Tensor chosen, Tensor rejected) => Sides.Of(chosen, rejected, pairs.Chosen.dtype);
    }
}

/// <summary>
/// A number of the chosen response and the same of the rejected one, float64. Each step has the value that it has in the sums' own type, float32, and the
/// slope of float64, so that a gradient is rounded once, where it reaches the sums. (In float32 alone two gradients in five end in another bit.)
/// </summary>
/// <param name="Both">[2, pairs]: chosen, then rejected.</param>
/// <param name="Type">The type of the sums.</param>
internal sealed record Sides(Tensor Both, ScalarType Type)
{
    /// <summary>[pairs].</summary>
    public Tensor Chosen => Both[0];

    /// <summary>[pairs].</summary>
    public Tensor Rejected => Both[1];

    /// <summary>Chosen − rejected, [pairs].</summary>
    public Tensor Margin
    {
        get
        {
            (Tensor chosen, Tensor rejected) = (Chosen, Rejected);
            return Rounded(of => of(chosen) - of(rejected));
        }
    }

    /// <summary>Of two tensors [pairs].</summary>
    public static Sides Of(Tensor chosen, Tensor rejected, ScalarType type) => new(stack([chosen, rejected]).to(ScalarType.Float64), type);

    public static Sides operator -(Sides x, Sides y) => x with { Both = x.Rounded(of => of(x.Both) - of(y.Both)) };

    public static Sides operator /(Sides x, Sides y) => x with { Both = x.Rounded(of => of(x.Both) / of(y.Both)) };

    public static Sides operator *(Sides x, double y) => x with { Both = x.Rounded(of => of(x.Both) * y) };

    /// <summary>Chosen − rejected − target, [pairs].</summary>
    public Tensor MarginBeyond(double target)
    {
        Tensor margin = Margin;
        return Rounded(of => of(margin) - target);
    }

    // a step taken twice: in float64, which autograd follows, and on what `of` casts to the sums' type, whose value it gets. Infinities have no difference
    private Tensor Rounded(Func<Func<Tensor, Tensor>, Tensor> step)
    {
        Tensor wide = step(x => x);
        if (Type == ScalarType.Float64)
            return wide;
        Tensor rounding = step(x => x.detach().to(Type)) - wide.detach();
        return wide + rounding.nan_to_num(0, double.PositiveInfinity, double.NegativeInfinity);
    }
}
