namespace Alignment.Evaluation;

/// <summary>
/// Estimates of KL(π ‖ π_SFT) from one response drawn from π (Schulman 2020, "Approximating KL divergence"), summed over its tokens. k1, the signed one,
/// is log π − log π_SFT: <see cref="SampleColumns.Kl"/>. Both have the mean KL(π ‖ π_SFT) where responses are drawn from π itself; drawn at another
/// temperature than 1, or from the top-p tokens alone, they are of another distribution, and both are bent.
/// </summary>
internal static class KlEstimates
{
    // below it the series is exact to rounding, and r − 1 − log r would cancel
    private const double Small = 1e-4;

    /// <summary>k3: Σ (r − 1 − log r) over the tokens, r = π_SFT / π of a token; nats, never negative, 0 only where both models agree on every token.</summary>
    /// <param name="policy">[tokens] log-probabilities under the policy.</param>
    /// <param name="sft">[tokens] log-probabilities under the SFT model.</param>
    public static double K3(ReadOnlySpan<float> policy, ReadOnlySpan<float> sft)
    {
        double sum = 0;
        for (int i = 0; i < policy.Length; i++)
            sum += OfLogRatio((double)sft[i] - policy[i]);
        return sum;
    }

    // r − 1 − log r of d = log r
    private static double OfLogRatio(double d) => Math.Abs(d) < Small ? d * d * (0.5 + d * (1.0 / 6 + d / 24)) : Math.Exp(d) - 1 - d;
}
