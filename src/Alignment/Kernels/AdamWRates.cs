using static TorchSharp.torch;

namespace Alignment.Kernels;

/// <summary>Rates of AdamW; the defaults are those of torch.optim.AdamW.</summary>
public sealed record AdamWRates
{
    /// <summary>Step size; ≥ 0.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Decay of the first moment, in [0, 1).</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the second moment, in [0, 1).</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the second moment; &gt; 0.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Decoupled weight decay: a step multiplies the parameter by 1 − rate · decay.</summary>
    public double WeightDecay { get; init; } = 0.01;
}

/// <summary>The tensors of one AdamW step; entry i of each belongs to parameter i.</summary>
/// <param name="Parameters">Written in place.</param>
/// <param name="Gradients">Read.</param>
/// <param name="FirstMoments">Running mean of the gradient, written in place.</param>
/// <param name="SecondMoments">Running mean of the squared gradient, written in place.</param>
public sealed record AdamWTensors(Tensor[] Parameters, Tensor[] Gradients, Tensor[] FirstMoments, Tensor[] SecondMoments);
