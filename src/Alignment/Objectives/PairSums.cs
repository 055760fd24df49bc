using static TorchSharp.torch;

namespace Alignment.Objectives;

/// <summary>What <see cref="PairLogProbs"/> holds, as formulas take it.</summary>
internal sealed class PairSums(PairLogProbs pairs)
{
    /// <summary>p: sums of the policy.</summary>
    public Sides Policy => field ??= Both(pairs.Chosen, pairs.Rejected);

    /// <summary>n: response tokens.</summary>
    public Sides Counts => field ??= Both(pairs.ChosenCounts, pairs.RejectedCounts);

    /// <summary>r: sums of the reference; null where there are none.</summary>
    public Sides? Reference => field ??= pairs is { ReferenceChosen: { } chosen, ReferenceRejected: { } rejected } ? Both(chosen, rejected) : null;

    /// <summary>a = p/n.</summary>
    public Sides Means => field ??= Policy / Counts;

    /// <summary>c = p − r.</summary>
    public Sides LogRatios => Policy - Reference!;

    /// <summary>ℓ = p/n − r/n: divided before the difference, as the published implementations round it.</summary>
    public Sides MeanLogRatios => Means - Reference! / Counts;

    private Sides Both(Tensor chosen, Tensor rejected) => Sides.Of(chosen, rejected, pairs.Chosen.dtype);
}

/// <summary>
/// A number of the chosen response and the same of the rejected one. Up to the margin a formula is linear in the sums, so its slope does not depend on
/// values: each step is taken twice, on values in the sums' own type, float32, and for the slope in float64, so that a gradient is rounded once, where
/// it reaches the sums. (In float32 alone two gradients in five end in another bit.)
/// </summary>
/// <param name="Value">[2, pairs]: chosen, then rejected; without a graph.</param>
/// <param name="Slope">[2, pairs], float64: carries the graph, and no value that is read. The same as the value where there is no graph.</param>
internal sealed record Sides(Tensor Value, Tensor Slope)
{
    /// <summary>[pairs], float64.</summary>
    public Tensor Chosen => Both[0];

    /// <summary>[pairs], float64.</summary>
    public Tensor Rejected => Both[1];

    /// <summary>Chosen − rejected, [pairs], float64.</summary>
    public Tensor Margin => MarginBeyond(0);

    private Tensor Both => field ??= WithGraph(Value, Slope);

    private bool HasGraph => !ReferenceEquals(Value, Slope);

    /// <summary>Of two tensors [pairs].</summary>
    /// <param name="chosen">Of the chosen responses.</param>
    /// <param name="rejected">Of the rejected responses.</param>
    /// <param name="type">The type of the sums.</param>
    public static Sides Of(Tensor chosen, Tensor rejected, ScalarType type)
    {
        Tensor both = stack([chosen, rejected]);
        Tensor value = both.detach().to(type);
        return new(value, both.requires_grad ? both.to(ScalarType.Float64) : value);
    }

    public static Sides operator -(Sides x, Sides y) => x.Step(y.HasGraph, y, (of, with) => of - with);

    public static Sides operator /(Sides x, Sides y) => x.Step(y.HasGraph, y, (of, with) => of / with);

    public static Sides operator *(Sides x, double y) => x.Step(false, x, (of, _) => of * y);

    /// <summary>Chosen − rejected − target, [pairs], float64.</summary>
    public Tensor MarginBeyond(double target)
    {
        Tensor margin = Difference(Value);
        return WithGraph(target == 0 ? margin : margin - target, HasGraph ? Difference(Slope) : margin);

        static Tensor Difference(Tensor both)
        {
            Tensor[] sides = both.unbind(0);
            return sides[0] - sides[1];
        }
    }

    private Sides Step(bool graph, Sides other, Func<Tensor, Tensor, Tensor> step)
    {
        Tensor value = step(Value, other.Value);
        return new(value, HasGraph || graph ? step(Slope, other.Slope) : value);
    }

    // what a formula goes on with: it may bend now, so the value counts
    private Tensor WithGraph(Tensor value, Tensor slope)
    {
        if (!HasGraph)
            return value.to(ScalarType.Float64);
        using IDisposable noGrad = no_grad();
        return slope.copy_(value);
    }
}
