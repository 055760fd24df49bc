using static TorchSharp.torch;

namespace Alignment.Kernels.LogProbs;

/// <summary>
/// Log-probabilities under logits between two models and beyond them, z + m (z − z′): m = 0 is the first model, −1 the second. Tile by tile, so that never more than
/// one chunk of each model's logits is held. No gradient. <see cref="PlainLogProbs.Mixed"/> is the readable twin.
/// </summary>
internal static class MixedLogProbs
{
    /// <summary>[mixtures, tokens] in nats, float64.</summary>
    /// <param name="first">[tokens, width] and its head, whose logits are z.</param>
    /// <param name="second">The same of z′.</param>
    /// <param name="targets">[tokens] int64.</param>
    /// <param name="mixtures">Each m.</param>
    /// <param name="chunkElements">Logits of one model held at once; at least one is.</param>
    public static Tensor Of((Tensor Rows, LogitHead Head) first, (Tensor Rows, LogitHead Head) second, Tensor targets, IReadOnlyList<double> mixtures,
        long chunkElements = ChunkedLogProbs.ChunkElements)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        Tensor at = zeros(mixtures.Count, targets.shape[0], ScalarType.Float64, targets.device), normalisers = full_like(at, double.NegativeInfinity);
        if (targets.shape[0] == 0)
            return at.MoveToOuterDisposeScope();
        LogitBuffer own = new(first.Rows.detach(), first.Head.Weight.detach(), chunkElements), other = new(second.Rows.detach(), second.Head.Weight.detach(), chunkElements);
        foreach (LogitTile tile in own.Tiles)
        {
            using var tileScope = NewDisposeScope();
            Tensor logits = own.Fill(tile), others = other.Fill(tile);
            LogitHead.CapInPlace(logits, first.Head.Cap);
            LogitHead.CapInPlace(others, second.Head.Cap);
            (Tensor z, Tensor beyond) = (logits.to(ScalarType.Float64), logits.to(ScalarType.Float64) - others);
            Tensor places = targets.narrow(0, tile.Row, tile.Rows) - tile.Column, isHere = places.ge(0).logical_and(places.lt(tile.Columns));
            places = places.clamp(0, tile.Columns - 1).unsqueeze(1);
            foreach ((int i, double mixture) in mixtures.Index())
            {
                Tensor mixed = z + beyond * mixture, sums = normalisers[i].narrow(0, tile.Row, tile.Rows);
                sums.copy_(sums.logaddexp(mixed.logsumexp(1)));
                at[i].narrow(0, tile.Row, tile.Rows).add_(mixed.gather(1, places).squeeze(1) * isHere);
            }
        }
        return (at - normalisers).MoveToOuterDisposeScope();
    }
}
