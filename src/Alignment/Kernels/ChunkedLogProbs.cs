using static TorchSharp.torch;

namespace Alignment.Kernels;

/// <summary>
/// log softmax(rows · headᵀ) at the targets, chunk by chunk. Logits that fit in one chunk are kept for the backward pass, which turns them into their
/// own gradient; of more, the backward pass computes each chunk again, so both passes hold one chunk. d logp_i / d logits_i = onehot(target_i) −
/// softmax(logits_i).
/// </summary>
internal static class ChunkedLogProbs
{
    /// <summary>Logits held at once: 2²⁴ (64 MiB in float32). Scored tokens × vocabulary below it make one chunk.</summary>
    public const long ChunkElements = 1L << 24;

    /// <summary>[tokens] log-probabilities in nats, float32 (float64 for float64 rows).</summary>
    /// <param name="rows">[tokens, width].</param>
    /// <param name="head">[vocabulary, width].</param>
    /// <param name="targets">[tokens] int64 in 0 … vocabulary − 1.</param>
    /// <param name="chunkElements">Most logits held at once; at least one row is.</param>
    public static Tensor Of(Tensor rows, Tensor head, Tensor targets, long chunkElements = ChunkElements)
    {
        if (rows.shape[0] == 0)
            return rows.sum(1, type: LogitBuffer.Raised(rows)); // empty, and still a part of the graph
        if (is_grad_enabled() && (rows.requires_grad || head.requires_grad))
            return ChunkedLogProbsFunction.apply(rows, head, targets, chunkElements);
        using var scope = NewDisposeScope();
        return Forward(rows, head, targets, chunkElements).LogProbs.MoveToOuterDisposeScope();
    }

    /// <summary>The forward pass; its tensors belong to the caller's scope.</summary>
    public static ForwardLogProbs Forward(Tensor rows, Tensor head, Tensor targets, long chunkElements)
    {
        using var scope = NewDisposeScope();
        var buffer = new LogitBuffer(rows, head, chunkElements);
        targets = targets.contiguous();
        Tensor logProbs = empty(rows.shape[0], buffer.Wide, rows.device), normalisers = empty_like(logProbs);
        Tensor? kept = null;
        for (long start = 0; start < rows.shape[0]; start += buffer.Chunk)
        {
            using var chunkScope = NewDisposeScope();
            Tensor logits = buffer.Fill(Part(rows)); // [count, vocabulary]
            if (LogProbRows.Serves(logits))
                LogProbRows.Forward(logits, Part(targets), Part(logProbs), Part(normalisers));
            else
                PlainLogProbRows.Forward(logits, Part(targets), Part(logProbs), Part(normalisers));
            if (buffer.Chunk == rows.shape[0])
                kept = logits.MoveToOuterDisposeScope();

            Tensor Part(Tensor whole) => whole.narrow(0, start, Math.Min(buffer.Chunk, rows.shape[0] - start));
        }
        return new(logProbs.MoveToOuterDisposeScope(), normalisers.MoveToOuterDisposeScope(), kept?.MoveToOuterDisposeScope());
    }

    /// <summary>Gradients of the rows [tokens, width] and the head [vocabulary, width].</summary>
    /// <param name="saved">What the forward pass kept; its logits, if any, are overwritten.</param>
    /// <param name="gradient">[tokens].</param>
    /// <param name="chunkElements">As in the forward pass.</param>
    public static (Tensor Rows, Tensor Head) Backward(SavedLogProbs saved, Tensor gradient, long chunkElements)
    {
        using var scope = NewDisposeScope();
        (Tensor rows, Tensor head) = (saved.Rows, saved.Head);
        var buffer = new LogitBuffer(rows, head, chunkElements);
        (Tensor targets, Tensor outer) = (saved.Targets.contiguous(), gradient.contiguous());
        Tensor rowGradient = empty_like(rows), headGradient = zeros_like(head);
        for (long start = 0; start < rows.shape[0]; start += buffer.Chunk)
        {
            using var chunkScope = NewDisposeScope();
            Tensor logits = saved.Logits ?? buffer.Fill(Part(rows)); // [count, vocabulary], turned into its own gradient in place
            if (LogProbRows.Serves(logits))
                LogProbRows.Backward(logits, Part(targets), Part(saved.Normalisers), Part(outer));
            else
                PlainLogProbRows.Backward(logits, Part(targets), Part(saved.Normalisers), Part(outer));
            buffer.Spread(logits, Part(rows), Part(rowGradient), headGradient);

            Tensor Part(Tensor whole) => whole.narrow(0, start, Math.Min(buffer.Chunk, rows.shape[0] - start));
        }
        return (rowGradient.MoveToOuterDisposeScope(), headGradient.MoveToOuterDisposeScope());
    }
}

/// <summary>Log-probabilities and log-normalisers, each [tokens], and the logits [tokens, vocabulary] where they are one chunk.</summary>
internal sealed record ForwardLogProbs(Tensor LogProbs, Tensor Normalisers, Tensor? Logits);

/// <summary>What the backward pass of <see cref="ChunkedLogProbs"/> reads; without logits it computes them again.</summary>
internal sealed record SavedLogProbs(Tensor Rows, Tensor Head, Tensor Targets, Tensor Normalisers, Tensor? Logits);
