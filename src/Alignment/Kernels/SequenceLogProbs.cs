using static TorchSharp.torch;

namespace Alignment.Kernels;

/// <summary>Summed log-probability and number of scored tokens of each sequence.</summary>
/// <param name="Sums">[sequences] float32 (float64 for float64 hidden states), nats; 0 where nothing is scored.</param>
/// <param name="Counts">[sequences] int64.</param>
public sealed record SequenceScores(Tensor Sums, Tensor Counts)
{
    /// <summary>[sequences], as <see cref="Sums"/>, over each sequence's first scored tokens only; null where none were asked for.</summary>
    public Tensor? FirstSums { get; init; }
}

/// <summary>
/// The one log-prob core: hidden states, head weight and labels in, per-sequence sums and counts out. The label at position t is scored by the
/// hidden state at t − 1. Only scored positions are computed, and never more than one chunk of [tokens, vocabulary] is held. Narrow logits are
/// raised to float32 before the log-softmax. Differentiable with respect to hidden states and head; <see cref="PlainLogProbs"/> is the readable twin.
/// </summary>
public static class SequenceLogProbs
{
    /// <summary>The label of a position that is not scored (prompt, padding).</summary>
    public const long Ignored = -100;

    /// <summary>Sums and counts of every sequence.</summary>
    /// <param name="hidden">[sequences, length, width].</param>
    /// <param name="head">[vocabulary, width], of the dtype of <paramref name="hidden"/>.</param>
    /// <param name="labels">[sequences, length] int64; <see cref="Ignored"/> where nothing is scored.</param>
    public static SequenceScores Score(Tensor hidden, Tensor head, Tensor labels)
    {
        using var scope = NewDisposeScope();
        ScoredTokens scored = ScoredTokens.Of(labels);
        Tensor logProbs = ChunkedLogProbs.Of(scored.Rows(hidden), head, scored.Targets);
        Tensor sums = zeros(labels.shape[0], logProbs.dtype, hidden.device).index_add(0, scored.Sequences, logProbs, 1);
        Tensor counts = labels.narrow(1, 1, labels.shape[1] - 1).ne(Ignored).sum(1);
        return new(sums.MoveToOuterDisposeScope(), counts.MoveToOuterDisposeScope());
    }

    /// <summary>As <see cref="Score(Tensor, Tensor, Tensor)"/>, with <see cref="SequenceScores.FirstSums"/>.</summary>
    /// <param name="hidden">[sequences, length, width].</param>
    /// <param name="head">[vocabulary, width].</param>
    /// <param name="labels">[sequences, length] int64.</param>
    /// <param name="firstTokens">[sequences] int64: how many of the first scored tokens of each sequence.</param>
    public static SequenceScores Score(Tensor hidden, Tensor head, Tensor labels, Tensor firstTokens)
    {
        using var scope = NewDisposeScope();
        ScoredTokens scored = ScoredTokens.Of(labels);
        Tensor logProbs = ChunkedLogProbs.Of(scored.Rows(hidden), head, scored.Targets);
        Tensor none = zeros(labels.shape[0], logProbs.dtype, hidden.device);
        Tensor counts = labels.narrow(1, 1, labels.shape[1] - 1).ne(Ignored).sum(1);
        Tensor ordinals = arange(scored.Sequences.shape[0], ScalarType.Int64, hidden.device)
            - (counts.cumsum(0) - counts).index_select(0, scored.Sequences); // [scored]: 0 for the first of its sequence
        Tensor isFirst = ordinals.lt(firstTokens.index_select(0, scored.Sequences)).to(logProbs.dtype);
        return new(none.index_add(0, scored.Sequences, logProbs, 1).MoveToOuterDisposeScope(), counts.MoveToOuterDisposeScope())
        {
            FirstSums = none.index_add(0, scored.Sequences, logProbs * isFirst, 1).MoveToOuterDisposeScope(),
        };
    }

    /// <summary>[sequences, length − 1], float32 (float64 for float64): the log-probability of each label, 0 where nothing is scored.</summary>
    /// <param name="hidden">As in <see cref="Score(Tensor, Tensor, Tensor)"/>.</param>
    /// <param name="head">As in <see cref="Score(Tensor, Tensor, Tensor)"/>.</param>
    /// <param name="labels">As in <see cref="Score(Tensor, Tensor, Tensor)"/>.</param>
    public static Tensor PerToken(Tensor hidden, Tensor head, Tensor labels)
    {
        using var scope = NewDisposeScope();
        ScoredTokens scored = ScoredTokens.Of(labels);
        Tensor logProbs = ChunkedLogProbs.Of(scored.Rows(hidden), head, scored.Targets);
        (long sequences, long length) = (labels.shape[0], labels.shape[1]);
        Tensor flat = zeros(sequences * (length - 1), logProbs.dtype, hidden.device).index_add(0, scored.Places, logProbs, 1);
        return flat.view(sequences, length - 1).MoveToOuterDisposeScope();
    }
}
