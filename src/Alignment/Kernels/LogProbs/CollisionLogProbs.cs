using static TorchSharp.torch;

namespace Alignment.Kernels.LogProbs;

/// <summary>
/// log Σ_v p_v² of the distribution at each token, the log-probability that two draws of it are alike: logsumexp(2z) − 2 logsumexp(z) of the logits z, tile by
/// tile, so that never more than one chunk of [tokens, vocabulary] is held. No gradient. <see cref="PlainLogProbs.Collisions"/> is the readable twin.
/// </summary>
internal static class CollisionLogProbs
{
    /// <summary>[tokens] in nats, float64.</summary>
    /// <param name="rows">[tokens, width].</param>
    /// <param name="head">Its weight [vocabulary, width].</param>
    /// <param name="chunkElements">Logits held at once; at least one is.</param>
    public static Tensor Of(Tensor rows, LogitHead head, long chunkElements = ChunkedLogProbs.ChunkElements)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        long tokens = rows.shape[0];
        Tensor once = full(tokens, double.NegativeInfinity, ScalarType.Float64, rows.device), twice = once.clone();
        if (tokens == 0)
            return once.MoveToOuterDisposeScope();
        var buffer = new LogitBuffer(rows.detach(), head.Weight.detach(), chunkElements);
        foreach (LogitTile tile in buffer.Tiles)
        {
            using var tileScope = NewDisposeScope();
            Tensor logits = buffer.Fill(tile);
            LogitHead.CapInPlace(logits, head.Cap);
            Add(once, logits, tile);
            Add(twice, logits.mul_(2), tile);
        }
        return (twice - once * 2).MoveToOuterDisposeScope();
    }

    private static void Add(Tensor sums, Tensor logits, LogitTile tile)
    {
        Tensor part = sums.narrow(0, tile.Row, tile.Rows);
        part.copy_(part.logaddexp(logits.logsumexp(1).to(ScalarType.Float64)));
    }
}
