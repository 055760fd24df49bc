using Alignment.Kernels.Native;
using static TorchSharp.torch;

namespace Alignment.Kernels.LogProbs;

/// <summary>Summed log-probability and number of scored tokens of each sequence.</summary>
/// <param name="Sums">[sequences] float32 (float64 for float64 hidden states), nats; 0 where nothing is scored.</param>
/// <param name="Counts">[sequences] int64.</param>
internal sealed record SequenceScores(Tensor Sums, Tensor Counts)
{
    /// <summary>[sequences], as <see cref="Sums"/>, over each sequence's first scored tokens only; null where none were asked for.</summary>
    public Tensor? FirstSums { get; init; }

    /// <summary>[sequences] float64: log Σ p² of the distribution at each scored token, summed (<see cref="CollisionLogProbs"/>); null where it was not asked for.</summary>
    public Tensor? Collisions { get; init; }

    /// <summary>The same tensors, moved out of the current dispose scope.</summary>
    internal SequenceScores Outward() => new(Sums.MoveToOuterDisposeScope(), Counts.MoveToOuterDisposeScope())
    {
        FirstSums = FirstSums?.MoveToOuterDisposeScope(),
        Collisions = Collisions?.MoveToOuterDisposeScope(),
    };
}

/// <summary>
/// The one log-prob core: hidden states, head weight and scored tokens in, per-sequence sums and counts out. The label at position t is scored by the
/// hidden state at t − 1. Only scored positions are computed, and never more than one chunk of [tokens, vocabulary] is held. Logits of narrow
/// hidden states are summed in float32. Differentiable with respect to hidden states and head; <see cref="PlainLogProbs"/> is the readable twin.
/// </summary>
internal static class SequenceLogProbs
{
    /// <summary>The label of a position that is not scored (prompt, padding).</summary>
    public const long Ignored = -100;

    /// <summary>Sums and counts of every sequence.</summary>
    /// <param name="hidden">[sequences, length, width].</param>
    /// <param name="head">[vocabulary, width], of the dtype of <paramref name="hidden"/>.</param>
    /// <param name="labels">[sequences, length] int64; <see cref="Ignored"/> where nothing is scored.</param>
    public static SequenceScores Score(Tensor hidden, Tensor head, Tensor labels) => Score(hidden, new LogitHead(head), labels, firstTokens: null);

    /// <summary>As <see cref="Score(Tensor, Tensor, Tensor)"/>, with <see cref="SequenceScores.FirstSums"/>.</summary>
    /// <param name="hidden">[sequences, length, width].</param>
    /// <param name="head">Its weight [vocabulary, width], of the dtype of <paramref name="hidden"/>.</param>
    /// <param name="labels">[sequences, length] int64.</param>
    /// <param name="firstTokens">[sequences] int64: how many of the first scored tokens of each sequence; null for no such sums.</param>
    /// <param name="collisions">Asks for <see cref="SequenceScores.Collisions"/>.</param>
    public static SequenceScores Score(Tensor hidden, LogitHead head, Tensor labels, Tensor? firstTokens, bool collisions = false)
    {
        using var scope = NewDisposeScope();
        return Score(hidden.reshape(-1, hidden.shape[2]), head, ScoredTokens.Of(labels) with { FirstTokens = firstTokens, Collisions = collisions }).Outward();
    }

    /// <summary>Sums and counts of every sequence, however sequences are laid out.</summary>
    /// <param name="hidden">[tokens, width].</param>
    /// <param name="head">Its weight [vocabulary, width], of the dtype of <paramref name="hidden"/>.</param>
    /// <param name="scored">The scored tokens.</param>
    public static SequenceScores Score(Tensor hidden, LogitHead head, ScoredTokens scored)
    {
        using var scope = NewDisposeScope();
        return ScoreTokens(hidden, head, scored).Scores.Outward();
    }

    /// <summary>As <see cref="Score(Tensor, Tensor, Tensor)"/>, with the log-probability of every scored token, [scored], sequence by sequence.</summary>
    public static (SequenceScores Scores, Tensor LogProbs) ScoreTokens(Tensor hidden, LogitHead head, Tensor labels)
    {
        using var scope = NewDisposeScope();
        (SequenceScores scores, Tensor logProbs) = ScoreTokens(hidden.reshape(-1, hidden.shape[2]), head, ScoredTokens.Of(labels));
        return (scores.Outward(), logProbs.MoveToOuterDisposeScope());
    }

    /// <summary>As <see cref="Score(Tensor, LogitHead, ScoredTokens)"/>, with the log-probability of every scored token, [scored], sequence by sequence.</summary>
    public static (SequenceScores Scores, Tensor LogProbs) ScoreTokens(Tensor hidden, LogitHead head, ScoredTokens scored)
    {
        using var scope = NewDisposeScope();
        Tensor rows = Aten.Embedding(hidden, scored.Places), logProbs = ChunkedLogProbs.Of(rows, head, scored.Targets);
        SequenceScores scores = Summed(logProbs, scored);
        return ((scored.Collisions ? scores with { Collisions = Collided(rows, head, scored) } : scores).Outward(), logProbs.MoveToOuterDisposeScope());
    }

    /// <summary>[sequences, length − 1], float32 (float64 for float64): the log-probability of each label, 0 where nothing is scored.</summary>
    /// <param name="hidden">As in <see cref="Score(Tensor, Tensor, Tensor)"/>.</param>
    /// <param name="head">As in <see cref="Score(Tensor, Tensor, Tensor)"/>.</param>
    /// <param name="labels">As in <see cref="Score(Tensor, Tensor, Tensor)"/>.</param>
    public static Tensor PerToken(Tensor hidden, LogitHead head, Tensor labels)
    {
        using var scope = NewDisposeScope();
        ScoredTokens scored = ScoredTokens.Of(labels);
        (long sequences, long length) = (labels.shape[0], labels.shape[1]);
        Tensor logProbs = ChunkedLogProbs.Of(Aten.Embedding(hidden.reshape(sequences * length, -1), scored.Places), head, scored.Targets);
        Tensor flat = zeros(sequences * length, logProbs.dtype, hidden.device).index_add(0, scored.Places, logProbs, 1);
        return flat.view(sequences, length).narrow(1, 0, length - 1).contiguous().MoveToOuterDisposeScope();
    }

    // one more product with the head, without a graph
    private static Tensor Collided(Tensor rows, LogitHead head, ScoredTokens scored)
    {
        Tensor collisions = CollisionLogProbs.Of(rows, head);
        return zeros(scored.Counts.shape[0], collisions.dtype, collisions.device).index_add(0, scored.Sequences, collisions, 1);
    }

    // logProbs: [scored], sequence by sequence
    private static SequenceScores Summed(Tensor logProbs, ScoredTokens scored)
    {
        (Tensor sequences, Tensor counts) = (scored.Sequences, scored.Counts);
        Tensor none = zeros(counts.shape[0], logProbs.dtype, logProbs.device);
        var scores = new SequenceScores(none.index_add(0, sequences, logProbs, 1), counts.alias());
        if (scored.FirstTokens is null)
            return scores;
        Tensor ordinals = arange(sequences.shape[0], ScalarType.Int64, logProbs.device)
            - (counts.cumsum(0) - counts).index_select(0, sequences); // [scored]: 0 for the first of its sequence
        Tensor isFirst = ordinals.lt(scored.FirstTokens.index_select(0, sequences)).to(logProbs.dtype);
        return scores with { FirstSums = none.index_add(0, sequences, logProbs * isFirst, 1) };
    }
}
