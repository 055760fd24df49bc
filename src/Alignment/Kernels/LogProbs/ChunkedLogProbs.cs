using System.Runtime.CompilerServices;
using Alignment.Kernels.Native;
using static TorchSharp.torch;
using static TorchSharp.torch.autograd;

namespace Alignment.Kernels.LogProbs;

/// <summary>
/// log softmax(rows · headᵀ) at the targets, tile by tile. Logits that fit in one tile are kept for the backward pass, which turns them into their
/// own gradient; of more, the backward pass computes each tile again, so both passes hold one tile. d logp_i / d logits_i = onehot(target_i) −
/// softmax(logits_i).
/// </summary>
internal static class ChunkedLogProbs
{
    /// <summary>Logits held at once: 2²⁴ (64 MiB in float32).</summary>
    public const long ChunkElements = 1L << 24;

    /// <summary>[tokens] log-probabilities in nats, float32 (float64 for float64 rows).</summary>
    /// <param name="rows">[tokens, width].</param>
    /// <param name="head">[vocabulary, width].</param>
    /// <param name="targets">[tokens] int64 in 0 … vocabulary − 1.</param>
    public static Tensor Of(Tensor rows, Tensor head, Tensor targets) => Of(rows, head, targets, Graphed(rows, head) ? Kept(rows, head) : ChunkElements);

    /// <summary>As <see cref="Of(Tensor, Tensor, Tensor)"/>, with at most so many logits held at once; at least one is.</summary>
    public static Tensor Of(Tensor rows, Tensor head, Tensor targets, long chunkElements)
    {
        if (rows.shape[0] == 0)
            return rows.sum(1, type: LogitBuffer.Raised(rows)); // empty, and still a part of the graph
        if (Graphed(rows, head))
            return ChunkedLogProbsFunction.apply(rows, head, targets, chunkElements);
        using var scope = NewDisposeScope();
        return Forward(rows, head, targets, chunkElements).LogProbs.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Logits held at once where a backward pass follows: all of them while they are no more than a chunk or than the head itself (tokens ≤ width),
    /// whose size the machine can hold anyway; else a chunk. Computing them twice costs a third of the products, and a wide head has little else to
    /// do: bench/README.md has what either costs.
    /// </summary>
    internal static long Kept(Tensor rows, Tensor head) => rows.shape[0] <= head.shape[1] ? Math.Max(ChunkElements, rows.shape[0] * head.shape[0]) : ChunkElements;

    private static bool Graphed(Tensor rows, Tensor head) => is_grad_enabled() && (rows.requires_grad || head.requires_grad);

    /// <summary>The forward pass; its tensors belong to the caller's scope.</summary>
    public static ForwardLogProbs Forward(Tensor rows, Tensor head, Tensor targets, long chunkElements)
    {
        using var scope = NewDisposeScope();
        var buffer = new LogitBuffer(rows, head, chunkElements);
        targets = targets.contiguous();
        var sums = new TokenSums(empty(rows.shape[0], buffer.Wide, rows.device),
            full(rows.shape[0], double.NegativeInfinity, ScalarType.Float64, rows.device));
        Tensor? kept = null;
        foreach (LogitTile tile in buffer.Tiles)
        {
            using var tileScope = NewDisposeScope();
            Tensor logits = buffer.Fill(tile);
            if (LogProbRows.Serves(logits))
                LogProbRows.Add(logits, Part(targets, tile), tile.Column, sums.Part(tile));
            else
                PlainLogProbRows.Add(logits, Part(targets, tile), tile.Column, sums.Part(tile));
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
        var buffer = new LogitBuffer(saved.Rows, saved.Head, chunkElements);
        (Tensor targets, Tensor outer) = (saved.Targets.contiguous(), gradient.contiguous());
        Tensor rowGradient = empty(saved.Rows.shape, buffer.Wide, saved.Rows.device), headGradient = empty_like(saved.Head);
        foreach (LogitTile tile in buffer.Tiles)
        {
            using var tileScope = NewDisposeScope();
            Tensor logits = saved.Logits ?? buffer.Fill(tile); // turned into its own gradient in place
            var slopes = new TokenSlopes(Part(saved.Normalisers, tile), Part(outer, tile));
            if (LogProbRows.Serves(logits))
                LogProbRows.Backward(logits, Part(targets, tile), tile.Column, slopes);
            else
                PlainLogProbRows.Backward(logits, Part(targets, tile), tile.Column, slopes);
            buffer.Spread(tile, logits, rowGradient, headGradient);
        }
        return (rowGradient.to(saved.Rows.dtype).MoveToOuterDisposeScope(), headGradient.MoveToOuterDisposeScope());
    }

    private static Tensor Part(Tensor tokens, LogitTile tile) => tokens.narrow(0, tile.Row, tile.Rows);
}

/// <summary>Log-probabilities and log-normalisers, each [tokens], and the logits [tokens, vocabulary] where they are one tile.</summary>
internal sealed record ForwardLogProbs(Tensor LogProbs, Tensor Normalisers, Tensor? Logits);

/// <summary>What the backward pass of <see cref="ChunkedLogProbs"/> reads; without logits it computes them again.</summary>
internal sealed record SavedLogProbs(Tensor Rows, Tensor Head, Tensor Targets, Tensor Normalisers, Tensor? Logits);

/// <summary>The autograd node of <see cref="ChunkedLogProbs"/>: rows, head, targets and chunk size in, [tokens] out.</summary>
internal sealed class ChunkedLogProbsFunction : SingleTensorFunction<ChunkedLogProbsFunction>
{
    private const int Logits = 4;

    public override string Name => nameof(ChunkedLogProbs);

    public override Tensor forward(AutogradContext ctx, params object[] vars)
    {
        using var scope = NewDisposeScope();
        (Tensor rows, Tensor head, Tensor targets, long chunk) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2], (long)vars[3]);
        using IDisposable noGrad = no_grad();
        (Tensor logProbs, Tensor normalisers, Tensor? logits) = ChunkedLogProbs.Forward(rows, head, targets, chunk);
        List<Tensor> saved = [rows, head, targets, normalisers.MoveToOuterDisposeScope()];
        if (logits is not null)
            saved.Add(logits.MoveToOuterDisposeScope());
        ctx.save_for_backward(saved);
        ctx.save_data("chunk", chunk);
        ctx.save_data("thread", Environment.CurrentManagedThreadId);
        ctx.save_data("used", new StrongBox<bool>());
        return logProbs.MoveToOuterDisposeScope();
    }

    public override List<Tensor> backward(AutogradContext ctx, Tensor grad_output)
    {
        long orphans = BackwardOrphans.Made;
        List<Tensor> saved = ctx.get_saved_variables();
        List<Tensor> gradients = Gradients(ctx, saved, grad_output);
        if (BackwardOrphans.Made > orphans)
            BackwardOrphans.Keep((int)ctx.get_data("thread"), [.. saved, grad_output, .. gradients]);
        return gradients;
    }

    private static List<Tensor> Gradients(AutogradContext ctx, List<Tensor> saved, Tensor gradient)
    {
        var used = (StrongBox<bool>)ctx.get_data("used"); // the first pass overwrites the logits; a second one over the same graph forms them anew
        try
        {
            using var scope = NewDisposeScope();
            using IDisposable noGrad = no_grad();
            Tensor? logits = saved.Count > Logits && !used.Value ? saved[Logits] : null;
            used.Value = true;
            (Tensor rows, Tensor head) = ChunkedLogProbs.Backward(new(saved[0], saved[1], saved[2], saved[3], logits), gradient,
                (long)ctx.get_data("chunk"));
            return [rows.MoveToOuterDisposeScope(), head.MoveToOuterDisposeScope(), null!, null!];
        }
        catch (Exception exception)
        {
            BackwardFailure.Keep(exception); // an exception that leaves this method would end the process
            return [zeros_like(saved[0]), zeros_like(saved[1]), null!, null!];
        }
    }
}
