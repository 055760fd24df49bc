using static TorchSharp.torch;

namespace Alignment.Objectives;

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
