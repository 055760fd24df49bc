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
