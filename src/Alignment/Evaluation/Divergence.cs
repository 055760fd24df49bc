namespace Alignment.Evaluation;

/// <summary>
/// Distance of a policy from the SFT model, estimated on the policy's own samples: the mean of log π(y|x) − log π_SFT(y|x) is an unbiased
/// estimate of KL(π ‖ π_SFT); a single sample's share may be negative.
/// </summary>
public static class Divergence
{
    /// <summary>Mean over samples of the summed log-ratio, nats.</summary>
    /// <param name="kl">[samples] summed log-ratios, nats.</param>
    /// <exception cref="ArgumentException">There is no sample.</exception>
    public static double MeanKl(IReadOnlyList<double> kl) => NonEmpty(kl).Sum() / kl.Count;

    /// <summary>Mean over samples of each sample's log-ratio divided by its own length, nats per token (the paper's length-normalised KL).</summary>
    /// <param name="kl">[samples] summed log-ratios, nats.</param>
    /// <param name="length">[samples] lengths in tokens, each at least 1.</param>
    /// <exception cref="ArgumentException">There is no sample, or the counts differ.</exception>
    public static double MeanKlPerToken(IReadOnlyList<double> kl, IReadOnlyList<int> length)
    {
        RequireSameCount(kl, length);
        return kl.Zip(length, (nats, tokens) => nats / tokens).Sum() / kl.Count;
    }

    /// <summary>Sum of the log-ratios over the sum of the lengths, nats per token: long responses weigh more. Not the paper's number.</summary>
    /// <param name="kl">[samples] summed log-ratios, nats.</param>
    /// <param name="length">[samples] lengths in tokens, each at least 1.</param>
    /// <exception cref="ArgumentException">There is no sample, or the counts differ.</exception>
    public static double TokenWeightedKl(IReadOnlyList<double> kl, IReadOnlyList<int> length)
    {
        RequireSameCount(kl, length);
        return kl.Sum() / length.Sum(tokens => (long)tokens);
    }

    private static void RequireSameCount(IReadOnlyList<double> kl, IReadOnlyList<int> length)
    {
        if (NonEmpty(kl).Count != length.Count)
            throw new ArgumentException($"every sample has a log-ratio and a length, got {kl.Count} and {length.Count}");
    }

    private static IReadOnlyList<double> NonEmpty(IReadOnlyList<double> kl) =>
        kl.Count > 0 ? kl : throw new ArgumentException("a divergence needs at least one sample, got none");
}
