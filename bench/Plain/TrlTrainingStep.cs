using Alignment.Data;
using Alignment.Kernels.Optimiser;
using Alignment.Training;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace Alignment.Bench.Plain;

/// <summary>
/// DPO as TRL 1.x composes it with transformers' defaults: padded batches in the data's order, chosen and rejected concatenated, logits of every position,
/// the selective log-softmax (logit less logsumexp, a row at a time), the reference's log-probs computed beforehand, clipping and the fused AdamW.
/// </summary>
/// <param name="model">With scaled_dot_product_attention.</param>
/// <param name="pairs">The pairs.</param>
/// <param name="referenceMargins">Chosen less rejected log-prob of the reference, for each pair.</param>
/// <param name="beta">Of DPO.</param>
internal sealed class TrlTrainingStep(PlainDecoder model, TokenizedPair[] pairs, float[] referenceMargins, double beta) : IDisposable
{
    private readonly FusedAdamW _optimiser = new(model.Parameters.Select((parameter, i) => ($"{i}", (Tensor)parameter)), new AdamWRates { WeightDecay = 0 });

    /// <summary>One optimiser step on the pairs first … first + count − 1.</summary>
    /// <returns>The loss.</returns>
    public double Step(int first, int count)
    {
        using var scope = NewDisposeScope();
        double loss = Gradient(first, count);
        nn.utils.clip_grad_norm_(model.Parameters, 1);
        _optimiser.Step(1e-6);
        return loss;
    }

    /// <summary>Forward and backward pass.</summary>
    /// <returns>The loss.</returns>
    public double Gradient(int first, int count)
    {
        using var scope = NewDisposeScope();
        _optimiser.ZeroGradients();
        Tensor sums = Sums(model, pairs[first..(first + count)]); // chosen, then rejected
        Tensor reference = tensor(referenceMargins[first..(first + count)], device: sums.device);
        Tensor margins = sums.narrow(0, 0, count) - sums.narrow(0, count, count) - reference;
        Tensor loss = -logsigmoid(margins * beta).mean();
        loss.backward();
        return loss.item<float>();
    }

    /// <summary>[2 · pairs] summed log-probs of the responses: chosen, then rejected.</summary>
    public static Tensor Sums(PlainDecoder model, TokenizedPair[] pairs)
    {
        using var scope = NewDisposeScope();
        return TrlLogProbs.Scores(model, PairSequences.Preference(pairs)).Sums.MoveToOuterDisposeScope();
    }

    public void Dispose() => _optimiser.Dispose();
}
