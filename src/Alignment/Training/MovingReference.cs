using Alignment.Models;
using Alignment.Objectives;
using static TorchSharp.torch;

namespace Alignment.Training;

/// <summary>A second model beside the policy in training, of the policy's own shape and the weights it starts from.</summary>
/// <param name="Policy">In training.</param>
/// <param name="Reference">The second one; the caller's.</param>
/// <param name="Device">Where both are.</param>
internal sealed record ModelBeside(ILanguageModel Policy, ILanguageModel Reference, Device Device);

/// <summary>
/// A second model beside the policy that its loss is held against and that follows it, as <see cref="ReferenceMoves"/> says. Its log-probs are computed for each
/// micro-batch, a forward pass more; its weights stand in checkpoints. It works on one rank, and where all weights are trained.
/// </summary>
/// <param name="reference">A model of the policy's own shape and weights; the caller's.</param>
/// <param name="policy">In training; its weights are read.</param>
/// <param name="moves">When and how far.</param>
/// <param name="device">Where both are.</param>
internal sealed class MovingReference(ILanguageModel reference, ILanguageModel policy, ReferenceMoves moves, Device device)
{
    /// <summary>[sequences] summed log-probs, without a gradient.</summary>
    public Tensor Sums(ScoredSequences sequences)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        return SequenceScoring.Of(reference, sequences, device).Sums.MoveToOuterDisposeScope();
    }

    /// <summary>Told after each optimiser step.</summary>
    public void EndStep(long step)
    {
        if (step % moves.Steps != 0)
            return;
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        IReadOnlyDictionary<string, Tensor> trained = policy.Trained;
        foreach ((string name, Tensor weight) in Weights())
            weight.mul_(1 - moves.Share).add_(trained[name], moves.Share);
    }

    /// <summary>The live weights by name.</summary>
    public IReadOnlyDictionary<string, Tensor> Weights() => reference.Trained;
}
