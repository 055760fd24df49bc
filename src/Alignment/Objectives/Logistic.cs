using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace Alignment.Objectives;

/// <summary>The logistic loss that most objectives share.</summary>
internal static class Logistic
{
    /// <summary>−log S(x), element by element; finite up to ±1e30 in float32.</summary>
    public static Tensor Loss(Tensor logits) => -logsigmoid(logits);

    /// <summary>−(1−ε) log S(x) − ε log S(−x): the label is wrong with probability ε. At ε = 0 one term: with both, x = ∞ would give 0·∞.</summary>
    public static Tensor Loss(Tensor logits, double smoothing)
    {
        if (smoothing == 0)
            return Loss(logits);
        using var scope = NewDisposeScope();
        return (-(1 - smoothing) * logsigmoid(logits) - smoothing * logsigmoid(-logits)).MoveToOuterDisposeScope();
    }
}
