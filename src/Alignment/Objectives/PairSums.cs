using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Objectives;

/// <summary>What <see cref="PairLogProbs"/> holds, as formulas take it.</summary>
internal sealed class PairSums(PairLogProbs pairs)
{
    /// <summary>p: sums of the policy.</summary>
    public Sides Policy => field ??= Sides.Of(pairs.Chosen, pairs.Rejected);

    /// <summary>n: response tokens.</summary>
    public Constants Counts => field ??= Constants.Of(pairs.ChosenCounts, pairs.RejectedCounts, pairs.Chosen.dtype);

    /// <summary>r: sums of the reference; null where there are none.</summary>
    public Constants? Reference => field ??= pairs is { ReferenceChosen: { } chosen, ReferenceRejected: { } rejected }
        ? Constants.Of(chosen, rejected, pairs.Chosen.dtype) : null;

    /// <summary>a = p/n.</summary>
    public Sides Means => field ??= Policy / Counts;

    /// <summary>c = p − r.</summary>
    public Sides LogRatios => Policy - Reference!;

    /// <summary>Which way each pair's margin goes as the policy goes on.</summary>
    public Tensor KlSteps => pairs.KlSteps!;

    /// <summary>What the batches before have left; null at the first.</summary>
    public IReadOnlyList<double>? Running => pairs.Running;

    /// <summary>
    /// WPO's weight, [pairs], float64, without a graph: min(1, e^(the mean over y_w's tokens of log p(token) − log Σ p², and the same of y_l)).
    /// </summary>
    public Tensor PolicyWeight
    {
        get
        {
            Tensor chosen = (Policy.ChosenValue - pairs.Collisions!.Chosen) / Counts.Chosen, rejected = (Policy.RejectedValue - pairs.Collisions.Rejected) / Counts.Rejected;
            return (chosen + rejected).to(ScalarType.Float64).clamp_max(0).exp();
        }
    }

    /// <summary>−p_w over the batch's mean of n_w, [pairs], float64: its mean over the batch is the mean NLL of all the batch's chosen tokens.</summary>
    public Tensor ChosenNll => Policy.Chosen * (-1 / (pairs.BatchChosenTokens ?? pairs.ChosenCounts.to(ScalarType.Float64).mean().item<double>()));

    /// <summary>ℓ = p/n − r/n: divided before the difference, as the published implementations round it.</summary>
    public Sides MeanLogRatios => Means - Reference! / Counts;
}

/// <summary>A number of the chosen response and the same of the rejected one, which the policy has no part in.</summary>
/// <param name="Chosen">[pairs], without a graph.</param>
/// <param name="Rejected">[pairs], without a graph.</param>
internal sealed record Constants(Tensor Chosen, Tensor Rejected)
{
    /// <summary>Chosen − rejected, [pairs], float64.</summary>
    public Tensor Margin => (Chosen - Rejected).to(ScalarType.Float64);

    /// <summary>In the type of the policy's sums.</summary>
    public static Constants Of(Tensor chosen, Tensor rejected, ScalarType type)
    {
        return new(In(chosen), In(rejected));

        Tensor In(Tensor values)
        {
            Tensor known = values.requires_grad ? values.detach() : values;
            return known.dtype == type ? known : known.to(type);
        }
    }

    public static Constants operator /(Constants x, Constants y) => new(x.Chosen / y.Chosen, x.Rejected / y.Rejected);
}

/// <summary>
/// A number of the chosen response and the same of the rejected one, which follow from the policy's sums. Up to the margin a formula is linear in the
/// sums, so its slope does not depend on values: these are taken step by step in the sums' own type, float32, and the slope in float64, in which a
/// constant that is taken away has no part and a scale is one number. So a gradient is rounded once, where it reaches the sums. (In float32 alone two
/// gradients in five end in another bit.)
/// </summary>
internal sealed record Sides
{
    private readonly (Tensor Chosen, Tensor Rejected)? _slopes; // [pairs], float64: carry the graph, and no value that is read; null without a graph
    private readonly double _scale = 1; // of the slopes

    private Sides(Tensor chosen, Tensor rejected, (Tensor Chosen, Tensor Rejected)? slopes, double scale) =>
        (ChosenValue, RejectedValue, _slopes, _scale) = (chosen, rejected, slopes, scale);

    /// <summary>[pairs], in the sums' own type, without a graph.</summary>
    public Tensor ChosenValue { get; }

    /// <summary>[pairs], in the sums' own type, without a graph.</summary>
    public Tensor RejectedValue { get; }

    /// <summary>[pairs], float64.</summary>
    public Tensor Chosen => field ??= OnGraph(ChosenValue, _slopes?.Chosen.mul(_scale));

    /// <summary>[pairs], float64.</summary>
    public Tensor Rejected => field ??= OnGraph(RejectedValue, _slopes?.Rejected.mul(_scale));

    /// <summary>Chosen − rejected, [pairs], float64.</summary>
    public Tensor Margin => MarginBeyond(0);

    /// <summary>Of the policy's sums, [pairs].</summary>
    public static Sides Of(Tensor chosen, Tensor rejected)
    {
        bool graph = is_grad_enabled() && (chosen.requires_grad || rejected.requires_grad);
        return new(chosen.detach(), rejected.detach(), graph ? (chosen.to(ScalarType.Float64), rejected.to(ScalarType.Float64)) : null, 1);
    }

    public static Sides operator -(Sides x, Constants y) => new(x.ChosenValue - y.Chosen, x.RejectedValue - y.Rejected, x._slopes, x._scale);

    public static Sides operator /(Sides x, Constants y) => new(x.ChosenValue / y.Chosen, x.RejectedValue / y.Rejected,
        x._slopes is { } slopes ? (slopes.Chosen / y.Chosen, slopes.Rejected / y.Rejected) : null, x._scale);

    public static Sides operator *(Sides x, double y)
    {
        using Scalar factor = y;
        return new(x.ChosenValue * factor, x.RejectedValue * factor, x._slopes, x._scale * y);
    }

    /// <summary>Chosen − rejected − target, [pairs], float64.</summary>
    public Tensor MarginBeyond(double target)
    {
        Tensor margin = ChosenValue - RejectedValue;
        Tensor? slope = _slopes is { } slopes ? slopes.Chosen - slopes.Rejected : null;
        return OnGraph(target == 0 ? margin : margin.sub_(target), slope?.mul_(_scale));
    }

    // what a formula goes on with: it may bend now, so the value counts
    private static Tensor OnGraph(Tensor value, Tensor? slope)
    {
        if (slope is null)
            return value.to(ScalarType.Float64);
        using IDisposable noGrad = no_grad();
        return slope.copy_(value);
    }
}
