using static TorchSharp.torch;

namespace Alignment.Generation;

/// <summary>
/// <see cref="Nucleus"/> and the draw from it in libtorch's operators, for all rows at once and in float64, from the likeliest tokens of each row. Of tokens
/// that tie at the cut, which narrow types have many of, the lower ids stay, as there.
/// </summary>
internal static class NucleusOnDevice
{
    private const long ElementsAtOnce = 1L << 23; // of the normaliser: in float64 64 MiB

    /// <summary>[rows, <see cref="DrawnToken.Numbers"/>] float64: the members of a <see cref="DrawnToken"/> of each row.</summary>
    /// <param name="logits">[rows, vocabulary] float32.</param>
    /// <param name="most">How many of the likeliest tokens are looked at: more than top-k, or the whole vocabulary.</param>
    /// <param name="settings">How tokens are drawn.</param>
    /// <param name="uniforms">[rows, 1] float64 in [0, 1).</param>
    public static Tensor Draw(Tensor logits, int most, SamplingSettings settings, Tensor uniforms)
    {
        using var scope = NewDisposeScope();
        (Tensor likeliest, Tensor ids) = logits.topk(most, 1); // [rows, most], descending
        double temperature = settings.Temperature == 0 ? 1 : settings.Temperature;
        Tensor largest = Column(likeliest, 0).to(ScalarType.Float64), weights = (likeliest - largest).div_(temperature).exp_();
        Tensor all = Normaliser(logits, largest, temperature); // [rows, 1]
        int? byRank = settings.KeptByRank < most ? settings.KeptByRank : null;
        Tensor total = byRank is { } left ? weights.narrow(1, 0, left).sum(1, keepdim: true) : all;
        Tensor kept = Kept(weights, total, byRank, settings).sum(1, keepdim: true); // [rows, 1]
        Tensor lastKept = likeliest.gather(1, kept - 1);

        Tensor byId = ids.argsort(1), logitsById = likeliest.gather(1, byId), ties = logitsById.eq(lastKept);
        Tensor keptTies = kept - likeliest.gt(lastKept).sum(1, keepdim: true);
        Tensor stays = logitsById.gt(lastKept).logical_or(ties.logical_and(ties.cumsum(1).le(keptTies)));
        Tensor mass = weights.gather(1, byId) * stays, sums = mass.cumsum(1), whole = Column(sums, most - 1);
        Tensor place = sums.le(uniforms * whole).sum(1, keepdim: true).clamp_max_(most - 1), above = sums.gather(1, place);

        // every token with the logit of the last one kept must be among those looked at
        Tensor told = all.isfinite();
        if (most < logits.shape[1])
            told.logical_and_(lastKept.gt(Column(likeliest, most - 1)));
        return cat([
            ids.gather(1, byId.gather(1, place)).to(ScalarType.Float64),
            (above - mass.gather(1, place)) / whole,
            above / whole,
            (total - whole) / total,
            weights.gather(1, kept - 1) / total,
            Order(weights, kept, byRank, settings),
            largest - Column(likeliest, 1),
            (kept * told).to(ScalarType.Float64),
        ], 1).MoveToOuterDisposeScope();
    }

    // Σ exp((logit − largest) / temperature): [rows, 1]
    private static Tensor Normaliser(Tensor logits, Tensor largest, double temperature)
    {
        using var scope = NewDisposeScope();
        List<Tensor> sums = [];
        long rows = logits.shape[0], together = Math.Max(1, ElementsAtOnce / logits.shape[1]);
        for (long first = 0; first < rows; first += together)
        {
            using var part = NewDisposeScope();
            long count = Math.Min(together, rows - first);
            Tensor wide = logits.narrow(0, first, count).to(ScalarType.Float64).sub_(largest.narrow(0, first, count)).div_(temperature).exp_();
            sums.Add(wide.sum(1, keepdim: true).MoveToOuterDisposeScope());
        }
        return cat(sums).MoveToOuterDisposeScope();
    }

    // [rows, most]: a token stays while those that are likelier weigh less than top_p
    private static Tensor Kept(Tensor weights, Tensor total, int? byRank, SamplingSettings settings)
    {
        Tensor rank = arange(weights.shape[1], ScalarType.Int64, weights.device).expand(weights.shape);
        if (settings.Temperature == 0)
            return rank.lt(1);
        Tensor left = rank.lt(byRank ?? long.MaxValue).logical_and(weights.ne(0)); // none can be drawn that underflows
        return settings.TopP >= 1 ? left
            : left.logical_and((weights.cumsum(1) - weights).lt(total * settings.TopP).logical_or(rank.lt(settings.MinTokensToKeep)));
    }

    // at the cut, and at that of top-k; 1 where all tokens are kept
    private static Tensor Order(Tensor weights, Tensor kept, int? byRank, SamplingSettings settings)
    {
        long looked = weights.shape[1];
        Tensor order = (1 - weights.gather(1, kept.clamp_max(looked - 1)) / weights.gather(1, kept - 1)).masked_fill_(kept.ge(looked), 1);
        return settings.Temperature > 0 && byRank is { } most ? minimum(order, (1 - Column(weights, most) / Column(weights, most - 1)).masked_fill_(Column(weights, most - 1).eq(0), 1)) : order;
    }

    private static Tensor Column(Tensor rows, int column) => rows.narrow(1, column, 1);
}
