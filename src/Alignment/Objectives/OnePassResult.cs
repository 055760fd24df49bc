using static TorchSharp.torch;

namespace Alignment.Objectives;

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
