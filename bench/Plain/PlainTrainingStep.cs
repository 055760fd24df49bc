using Alignment.Data;
using Alignment.Kernels.LogProbs;
using Alignment.Models;
using Alignment.Training;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace Alignment.Bench.Plain;

/// <summary>
/// DPO by the formulas, the readable twin: padded batches in the data's order, chosen and rejected concatenated, log_softmax over all logits, the optimiser's
/// loop over the parameters. Nobody trains like this; <see cref="TrlTrainingStep"/> is what is run.
/// </summary>
internal sealed class PlainTrainingStep(PlainDecoder model, TokenizedPair[] pairs, float[] referenceMargins, double beta) : IDisposable
{
    private readonly optim.Optimizer _optimiser = optim.AdamW(model.Parameters, lr: 1e-6, weight_decay: 0);

    /// <summary>One optimiser step on the pairs first … first + count − 1.</summary>
    /// <returns>The loss.</returns>
    public double Step(int first, int count)
    {
        using var scope = NewDisposeScope();
        double loss = Gradient(first, count);
        nn.utils.clip_grad_norm_(model.Parameters, 1);
        _optimiser.step();
        return loss;
    }

    /// <summary>Forward and backward pass.</summary>
    /// <returns>The loss.</returns>
    public double Gradient(int first, int count)
    {
        using var scope = NewDisposeScope();
        _optimiser.zero_grad();
        PaddedSequences batch = PaddedSequences.Of(PairSequences.Preference(pairs[first..(first + count)]), pad: 0, model.Head.device);
        Tensor hidden = model.HiddenStates(batch.Tokens, batch.AttentionMask);
        Tensor sums = PlainLogProbs.Score(hidden, model.Head, batch.Labels).Sums; // chosen, then rejected
        Tensor reference = tensor(referenceMargins[first..(first + count)], device: sums.device);
        Tensor margins = sums.narrow(0, 0, count) - sums.narrow(0, count, count) - reference;
        Tensor loss = -logsigmoid(margins * beta).mean();
        loss.backward();
        return loss.item<float>();
    }

    public void Dispose() => _optimiser.Dispose();
}
