using static TorchSharp.torch;

namespace Alignment.Kernels.Optimiser;

/// <summary>
/// AdamW over some parameters: backward passes leave parts of a batch's gradient on them, these are gathered, clipped as one, and make one step. What is
/// computed does not depend on where an optimiser keeps its state.
/// </summary>
internal interface IOptimiser : IDisposable
{
    /// <summary>Told after each backward pass, through the whole model or a part of it: takes what that left on the parameters into the batch's gradient.</summary>
    void Gather();

    /// <summary>The batch's gradient so far: a tensor for each parameter that has one; they stay the optimiser's and may be changed in place.</summary>
    Tensor[] Gradients();

    /// <summary>One step with the batch's gradient.</summary>
    /// <param name="learningRate">Step size; ≥ 0.</param>
    void Step(double learningRate);

    /// <summary>Begins a batch: sets the gradient to zero in place; what is absent stays absent.</summary>
    void ZeroGradients();

    /// <summary>Frees the gradient.</summary>
    void ReleaseGradients();

    /// <summary>The live state by name, which changes with the next step; filled with that of another run, the next step is bit-identical to that run's.</summary>
    IReadOnlyDictionary<string, Tensor> State();
}
