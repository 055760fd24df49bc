using System.Runtime.CompilerServices;
using Alignment.Kernels.Native;
using static TorchSharp.torch;

namespace Alignment.Kernels.LogProbs;

/// <summary>
/// log softmax(rows · headᵀ) at the targets, tile by tile. Logits that fit in one tile are kept for the backward pass, which turns them into their
/// own gradient; of more, the backward pass computes each tile again, so both passes hold one tile. d logp_i / d logits_i = onehot(target_i) −
/// softmax(logits_i), and under a cap 1 − (logits / cap)² times that.
/// </summary>
internal static class ChunkedLogProbs
{
    /// <summary>Logits held at once: 2²⁴ (64 MiB in float32).</summary>
    public const long ChunkElements = 1L << 24;

    /// <summary>[tokens] log-probabilities in nats, float32 (float64 for float64 rows).</summary>
    /// <param name="rows">[tokens, width].</param>
    /// <param name="head">Its weight [vocabulary, width].</param>
    /// <param name="targets">[tokens] int64 in 0 … vocabulary − 1.</param>
    public static Tensor Of(Tensor rows, LogitHead head, Tensor targets) =>
        Of(rows, head, targets, ChunkedLogProbsFunction.Records(rows, head.Weight) ? Kept(rows, head.Weight) : ChunkElements);

    /// <summary>As <see cref="Of(Tensor, LogitHead, Tensor)"/>, with at most so many logits held at once; at least one is.</summary>
    public static Tensor Of(Tensor rows, LogitHead head, Tensor targets, long chunkElements)
    {
        if (rows.shape[0] == 0)
            return rows.sum(1, type: LogitBuffer.Raised(rows)); // empty, and still a part of the graph
        return ChunkedLogProbsFunction.Of(rows, head, targets, chunkElements);
    }

    /// <summary>
    /// Logits held at once where a backward pass follows: all of them while they are no more than a chunk or than the head itself (tokens ≤ width),
    /// whose size the machine can hold anyway; else a chunk. Computing them twice costs a third of the products, and a wide head has little else to
    /// do: bench/README.md has what either costs.
    /// </summary>
    internal static long Kept(Tensor rows, Tensor head) => rows.shape[0] <= head.shape[1] ? Math.Max(ChunkElements, rows.shape[0] * head.shape[0]) : ChunkElements;

    /// <summary>The forward pass; its tensors belong to the caller's scope.</summary>
    public static ForwardLogProbs Forward(Tensor rows, LogitHead head, Tensor targets, long chunkElements)
    {
        using var scope = NewDisposeScope();
        var buffer = new LogitBuffer(rows, head.Weight, chunkElements);
        targets = targets.contiguous();
        var sums = new TokenSums(empty(rows.shape[0], buffer.Wide, rows.device),
            full(rows.shape[0], double.NegativeInfinity, ScalarType.Float64, rows.device));
        Tensor? kept = null;
        foreach (LogitTile tile in buffer.Tiles)
        {
            using var tileScope = NewDisposeScope();
            Tensor logits = buffer.Fill(tile);
            LogitHead.CapInPlace(logits, head.Cap);
            Passes(logits).Add(logits, Part(targets, tile), tile.Column, sums.Part(tile));
            if (buffer.Tiles.Count == 1)
                kept = logits.MoveToOuterDisposeScope();
        }
        return new(sums.LogProbs().MoveToOuterDisposeScope(), sums.Normalisers.MoveToOuterDisposeScope(), kept?.MoveToOuterDisposeScope());
    }

    /// <summary>Gradients of the rows [tokens, width] and the head [vocabulary, width].</summary>
    /// <param name="saved">What the forward pass kept; its logits, if any, are overwritten.</param>
    /// <param name="gradient">[tokens].</param>
    /// <param name="chunkElements">As in the forward pass.</param>
    public static (Tensor Rows, Tensor Head) Backward(SavedLogProbs saved, Tensor gradient, long chunkElements)
    {
        using var scope = NewDisposeScope();
        var buffer = new LogitBuffer(saved.Rows, saved.Head.Weight, chunkElements);
        (Tensor targets, Tensor outer) = (saved.Targets.contiguous(), gradient.contiguous());
        Tensor rowGradient = empty(saved.Rows.shape, buffer.Wide, saved.Rows.device), headGradient = empty(saved.Head.Weight.shape, buffer.HeadSums, saved.Rows.device);
        foreach (LogitTile tile in buffer.Tiles)
        {
            using var tileScope = NewDisposeScope();
            Tensor logits = saved.Logits ?? buffer.Fill(tile); // turned into its own gradient in place
            if (saved.Logits is null)
                LogitHead.CapInPlace(logits, saved.Head.Cap);
            Tensor? slope = LogitHead.Slope(logits, saved.Head.Cap);
            Passes(logits).Backward(logits, Part(targets, tile), tile.Column, new(Part(saved.Normalisers, tile), Part(outer, tile)));
            if (slope is not null)
                logits.mul_(slope);
            buffer.Spread(tile, logits, rowGradient, headGradient);
        }
        return (rowGradient.to(saved.Rows.dtype).MoveToOuterDisposeScope(), headGradient.to(saved.Head.Weight.dtype).MoveToOuterDisposeScope());
    }

    private static LogitPasses Passes(Tensor logits) => LogProbRows.Serves(logits) ? LogProbRows.Passes : PlainLogProbRows.Passes;

    private static Tensor Part(Tensor tokens, LogitTile tile) => tokens.narrow(0, tile.Row, tile.Rows);
}

/// <summary>Log-probabilities and log-normalisers, each [tokens], and the logits [tokens, vocabulary] where they are one tile.</summary>
internal sealed record ForwardLogProbs(Tensor LogProbs, Tensor Normalisers, Tensor? Logits);

/// <summary>What the backward pass of <see cref="ChunkedLogProbs"/> reads; without logits it computes them again.</summary>
internal sealed record SavedLogProbs(Tensor Rows, LogitHead Head, Tensor Targets, Tensor Normalisers, Tensor? Logits);

/// <summary>The autograd node of <see cref="ChunkedLogProbs"/>: rows, head, targets, chunk size, a mark and a cap in, [tokens] out.</summary>
internal sealed class ChunkedLogProbsFunction : GuardedFunction<ChunkedLogProbsFunction>
{
    /// <summary>As <see cref="ChunkedLogProbs.Of(Tensor, LogitHead, Tensor, long)"/>.</summary>
    public static Tensor Of(Tensor rows, LogitHead head, Tensor targets, long chunkElements) =>
        GuardedFunction<ChunkedLogProbsFunction>.Of(rows, head.Weight, targets, chunkElements, new StrongBox<bool>(), head.Cap);

    protected override ForwardPass Forward(object[] inputs)
    {
        (Tensor logProbs, Tensor normalisers, Tensor? logits) =
            ChunkedLogProbs.Forward((Tensor)inputs[0], Head(inputs), (Tensor)inputs[2], (long)inputs[3]);
        return logits is null ? new(logProbs, normalisers) : new(logProbs, normalisers, logits);
    }

    protected override Tensor?[] Backward(object[] inputs, Tensor[] kept, Tensor gradient)
    {
        var overwritten = (StrongBox<bool>)inputs[4]; // by the first pass; a second one over the same graph forms the logits anew
        Tensor? logits = kept.Length > 1 && !overwritten.Value ? kept[1] : null;
        overwritten.Value = true;
        (Tensor rows, Tensor head) = ChunkedLogProbs.Backward(new((Tensor)inputs[0], Head(inputs), (Tensor)inputs[2], kept[0], logits), gradient,
            (long)inputs[3]);
        return [rows, head];
    }

    private static LogitHead Head(object[] inputs) => new((Tensor)inputs[1], (double?)inputs[5]);
}
