using Alignment.Kernels.LogProbs;
using Alignment.Models;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace Alignment.Bench.Plain;

/// <summary>Log-probs as TRL 1.x takes them: a padded batch, logits of every position, the selective log-softmax (logit less logsumexp, a row at a time).</summary>
internal static class TrlLogProbs
{
    /// <summary>Sums over the responses and their tokens, in the sequences' order.</summary>
    public static SequenceScores Scores(PlainDecoder model, ScoredSequences sequences)
    {
        using var scope = NewDisposeScope();
        PaddedSequences batch = PaddedSequences.Of(sequences, pad: 0, model.Head.device);
        long length = batch.Tokens.shape[1];
        Tensor logits = linear(model.HiddenStates(batch.Tokens, batch.AttentionMask), model.Head).narrow(1, 0, length - 1); // [rows, length − 1, vocabulary]
        Tensor next = batch.Labels.narrow(1, 1, length - 1), scored = next.ne(SequenceLogProbs.Ignored);
        Tensor selected = logits.gather(-1, next.clamp_min(0).unsqueeze(-1)).squeeze(-1);
        Tensor normalisers = stack(logits.unbind(0).Select(row => row.logsumexp(-1)));
        Tensor sums = (selected - normalisers).masked_fill(scored.logical_not(), 0).sum(1);
        return new(sums.MoveToOuterDisposeScope(), scored.sum(1).MoveToOuterDisposeScope());
    }

    /// <summary>The sums alone, without a graph.</summary>
    public static float[] Sums(PlainDecoder model, ScoredSequences sequences)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        return Scores(model, sequences).Sums.cpu().data<float>().ToArray();
    }
}
