namespace Alignment.Evaluation;

/// <summary>How long a run's responses are.</summary>
/// <param name="Tokens">Lengths in the policy's tokens, EOS included.</param>
/// <param name="EndedShare">Share of responses that ended in EOS before the limit of new tokens, 0 … 1.</param>
public sealed record LengthStatistics(Distribution Tokens, double EndedShare)
{
    /// <summary>Measures <paramref name="samples"/>.</summary>
    /// <exception cref="ArgumentException">There is no sample.</exception>
    public static LengthStatistics Of(IReadOnlyList<SampleRow> samples) =>
        new(Distribution.Of(samples.Select(row => (double)row.Length)), (double)samples.Count(row => row.Ended) / samples.Count);
}
