using Alignment.Kernels.LogProbs;
using Alignment.Models;
using static TorchSharp.torch;

namespace Alignment.Training;

/// <summary>
/// Whether a pair's margin rises when the policy goes on away from its reference by a share ε of the way, and falls when it goes back (+1), or the other way
/// round (−1), or neither (0): log p(chosen) − log p(rejected) under the logits z + ε(z − z_ref), z and z − ε(z − z_ref) (Lee et al. 2025, arXiv 2502.13177).
/// It takes a forward pass of each model more, without a gradient.
/// </summary>
/// <param name="policy">In training.</param>
/// <param name="reference">What it started from; the caller's.</param>
/// <param name="device">Where both are.</param>
internal sealed class KlSteps(ILanguageModel policy, ILanguageModel reference, Device device)
{
    // nats: a difference below it is rounding
    private const double Rounding = 1e-9;

    /// <summary>[pairs] float64, each −1, 0 or 1.</summary>
    /// <param name="sequences">Chosen sequences, then rejected ones.</param>
    /// <param name="epsilon">ε.</param>
    public Tensor Of(ScoredSequences sequences, double epsilon)
    {
        using var scope = NewDisposeScope();
        Tensor margins = Margins(sequences, [0, epsilon, -epsilon]), on = margins[1] - margins[0], back = margins[0] - margins[2];
        Tensor rises = on.gt(Rounding).logical_and(back.gt(Rounding)), falls = on.lt(-Rounding).logical_and(back.lt(-Rounding));
        return (rises.to(ScalarType.Float64) - falls.to(ScalarType.Float64)).MoveToOuterDisposeScope();
    }

    // [mixtures, pairs]
    private Tensor Margins(ScoredSequences sequences, double[] mixtures)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        (ScoredTokens scored, Tensor[] hidden) = SequenceScoring.ScoredStates([policy, reference], sequences, device);
        Tensor logProbs = MixedLogProbs.Of((hidden[0], policy.LogitHead), (hidden[1], reference.LogitHead), scored.Targets, mixtures);
        Tensor sums = zeros(mixtures.Length, scored.Counts.shape[0], ScalarType.Float64, logProbs.device).index_add(1, scored.Sequences, logProbs, 1);
        long pairs = sums.shape[1] / 2;
        return (sums.narrow(1, 0, pairs) - sums.narrow(1, pairs, pairs)).MoveToOuterDisposeScope();
    }
}
