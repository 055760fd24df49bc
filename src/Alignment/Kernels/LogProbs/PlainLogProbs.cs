using static TorchSharp.torch;

namespace Alignment.Kernels.LogProbs;

/// <summary>The readable twin of <see cref="SequenceLogProbs"/>: log_softmax over all logits, then gather.</summary>
internal static class PlainLogProbs
{
    /// <summary>As <see cref="SequenceLogProbs.Score(Tensor, Tensor, Tensor)"/>.</summary>
    public static SequenceScores Score(Tensor hidden, Tensor head, Tensor labels)
    {
        using var scope = NewDisposeScope();
        Tensor perToken = PerToken(hidden, head, labels);
        Tensor counts = labels.narrow(1, 1, labels.shape[1] - 1).ne(SequenceLogProbs.Ignored).sum(1);
        return new(perToken.sum(1).MoveToOuterDisposeScope(), counts.MoveToOuterDisposeScope());
    }

    /// <summary>[tokens]: as <see cref="CollisionLogProbs.Of"/>, of all logits at once.</summary>
    public static Tensor Collisions(Tensor rows, Tensor head)
    {
        using var scope = NewDisposeScope();
        Tensor logits = nn.functional.linear(rows.to(ScalarType.Float64), head.to(ScalarType.Float64));
        return nn.functional.softmax(logits, -1).square().sum(-1).log().MoveToOuterDisposeScope();
    }

    /// <summary>[tokens]: as <see cref="MixedLogProbs.Of"/>, of one mixture and all logits at once.</summary>
    public static Tensor Mixed(Tensor logits, Tensor others, Tensor targets, double mixture)
    {
        using var scope = NewDisposeScope();
        Tensor mixed = logits + (logits - others) * mixture;
        return nn.functional.log_softmax(mixed, -1).gather(1, targets.unsqueeze(1)).squeeze(1).MoveToOuterDisposeScope();
    }

    /// <summary>[sequences, length − 1], float32 (float64 for float64): the log-probability of each label, 0 where nothing is scored.</summary>
    public static Tensor PerToken(Tensor hidden, Tensor head, Tensor labels)
    {
        using var scope = NewDisposeScope();
        long length = labels.shape[1];
        // [sequences, length − 1, vocabulary]
        Tensor logits = nn.functional.linear(hidden.narrow(1, 0, length - 1).to(LogitBuffer.Raised(hidden)), head.to(LogitBuffer.Raised(hidden)));
        Tensor next = labels.narrow(1, 1, length - 1);
        Tensor scored = next.ne(SequenceLogProbs.Ignored);
        Tensor logProbs = nn.functional.log_softmax(logits, -1).gather(-1, next.clamp_min(0).unsqueeze(-1)).squeeze(-1);
        return where(scored, logProbs, zeros_like(logProbs)).MoveToOuterDisposeScope();
    }
}
