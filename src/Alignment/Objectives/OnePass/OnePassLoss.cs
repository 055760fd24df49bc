using Alignment.Kernels.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Objectives.OnePass;

/// <summary>
/// A formula pair by pair: loss, rewards and gradient in one pass, without libtorch's graph of some twenty operators on as many numbers as there are
/// pairs. <see cref="TensorLoss"/> is the readable twin.
/// </summary>
internal static class OnePassLoss
{
    /// <summary>Most pairs: libtorch's vectors win beyond (bench/README.md).</summary>
    public const long MostPairs = 512;

    /// <summary>Whether these pairs are served: not too many, on the CPU, float32 or float64.</summary>
    public static bool Serves(PairLogProbs pairs) => pairs.Chosen.device_type == DeviceType.CPU && pairs.Chosen.shape[0] <= MostPairs
        && pairs.Chosen.dtype is ScalarType.Float32 or ScalarType.Float64;

    /// <summary>As <see cref="TensorLoss.Of"/>.</summary>
    public static PairLosses Of(PairwiseObjective objective, PairLogProbs pairs)
    {
        using var scope = NewDisposeScope();
        ScalarType type = pairs.Chosen.dtype;
        var columns = new PairColumns(pairs);
        var result = new OnePassResult(columns.Count, type);
        if (type == ScalarType.Float32)
            Fill<SinglePrecision>(objective, columns, result);
        else
            Fill<DoublePrecision>(objective, columns, result);
        Tensor losses = OnePassLossFunction.Of(pairs.Chosen, pairs.Rejected, result);
        return PairLosses.Outward(losses, result.Place(result.ChosenRewards), result.Place(result.RejectedRewards));
    }

    private static void Fill<TPrecision>(PairwiseObjective objective, PairColumns columns, OnePassResult result) where TPrecision : IPrecision
    {
        for (int i = 0; i < columns.Count; i++)
        {
            PairTerms<Dual<TPrecision>> terms = objective.Of(columns.Pair<TPrecision>(i));
            (result.Losses[i], result.ByChosen[i], result.ByRejected[i]) = terms.Loss;
            (result.ChosenRewards[i], result.RejectedRewards[i]) = (terms.Rewards.Chosen.Value, terms.Rewards.Rejected.Value);
        }
    }
}

/// <summary>The autograd node of <see cref="OnePassLoss"/>: the policy's two sums and a result in, losses out.</summary>
internal sealed class OnePassLossFunction : GuardedFunction<OnePassLossFunction>
{
    protected override ForwardPass Forward(object[] inputs)
    {
        var result = (OnePassResult)inputs[2];
        return new(result.Place(result.Losses));
    }

    protected override Tensor?[] Backward(object[] inputs, Tensor[] kept, Tensor gradient)
    {
        var result = (OnePassResult)inputs[2];
        double[] outer = PairColumns.Numbers(gradient);
        return [Times(result.ByChosen), Times(result.ByRejected)];

        Tensor Times(double[] slopes) => result.Place([.. slopes.Zip(outer, (slope, by) => slope * by)]);
    }
}

/// <summary>What <see cref="OnePassLoss"/> finds, a number a pair.</summary>
internal sealed class OnePassResult(int pairs, ScalarType type)
{
    public double[] Losses { get; } = new double[pairs];

    public double[] ChosenRewards { get; } = new double[pairs];

    public double[] RejectedRewards { get; } = new double[pairs];

    /// <summary>∂ loss / ∂ p_w.</summary>
    public double[] ByChosen { get; } = new double[pairs];

    /// <summary>∂ loss / ∂ p_l.</summary>
    public double[] ByRejected { get; } = new double[pairs];

    /// <summary>[pairs], in the type of the sums.</summary>
    public Tensor Place(double[] values) => type == ScalarType.Float32 ? tensor(Array.ConvertAll(values, value => (float)value)) : tensor(values);
}

/// <summary>The numbers of <see cref="PairLogProbs"/>, a column each.</summary>
internal sealed class PairColumns(PairLogProbs pairs)
{
    private readonly double[] _chosen = Numbers(pairs.Chosen), _rejected = Numbers(pairs.Rejected);
    private readonly double[] _chosenCounts = Numbers(pairs.ChosenCounts), _rejectedCounts = Numbers(pairs.RejectedCounts);
    private readonly double[]? _referenceChosen = pairs.ReferenceChosen is { } sums ? Numbers(sums) : null;
    private readonly double[]? _referenceRejected = pairs.ReferenceRejected is { } sums ? Numbers(sums) : null;

    /// <summary>Pairs.</summary>
    public int Count => _chosen.Length;

    /// <summary>One pair in the arithmetic of its gradient.</summary>
    public PairSums<Dual<TPrecision>> Pair<TPrecision>(int i) where TPrecision : IPrecision => new(
        new(new(_chosen[i], 1, 0), new(_rejected[i], 0, 1)), Constants<TPrecision>(_chosenCounts, _rejectedCounts, i),
        _referenceChosen is null || _referenceRejected is null ? null : Constants<TPrecision>(_referenceChosen, _referenceRejected, i));

    /// <summary>The numbers of a tensor on the CPU.</summary>
    public static double[] Numbers(Tensor values) => values.dtype switch
    {
        ScalarType.Float64 => values.data<double>().ToArray(),
        ScalarType.Float32 => Array.ConvertAll(values.data<float>().ToArray(), value => (double)value),
        _ => Array.ConvertAll(values.data<long>().ToArray(), value => (double)value),
    };

    private static Sides<Dual<TPrecision>> Constants<TPrecision>(double[] chosen, double[] rejected, int i) where TPrecision : IPrecision =>
        new(Dual<TPrecision>.Constant(chosen[i]), Dual<TPrecision>.Constant(rejected[i]));
}
