using static TorchSharp.torch;

namespace Alignment.Kernels;

/// <summary>The readable twin of <see cref="LogProbRows"/>, in libtorch's operators: any device, float32 or float64.</summary>
internal static class PlainLogProbRows
{
    /// <summary>As <see cref="LogProbRows.Forward"/>, for targets of 0 … vocabulary − 1.</summary>
    public static void Forward(Tensor logits, Tensor targets, Tensor logProbs, Tensor normalisers)
    {
        using var scope = NewDisposeScope();
        normalisers.copy_(logits.logsumexp(1));
        logProbs.copy_(logits.gather(1, targets.unsqueeze(1)).squeeze(1).sub_(normalisers));
    }

    /// <summary>As <see cref="LogProbRows.Backward"/>, for targets of 0 … vocabulary − 1.</summary>
    public static void Backward(Tensor logits, Tensor targets, Tensor normalisers, Tensor gradient)
    {
        using var scope = NewDisposeScope();
        Tensor column = gradient.unsqueeze(1);
        logits.sub_(normalisers.unsqueeze(1)).exp_().mul_(-column);
        logits.scatter_add_(1, targets.unsqueeze(1), column);
    }
}
