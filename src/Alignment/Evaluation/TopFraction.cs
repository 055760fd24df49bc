namespace Alignment.Evaluation;

/// <summary>
/// The best part of a method's runs. Runs are ranked by score, highest first; runs of equal score are ranked by ordinal comparison of their
/// id, so that a ranking never depends on the order in which runs were read.
/// </summary>
internal static class TopFraction
{
    /// <summary>The <paramref name="items"/>, best first.</summary>
    public static IReadOnlyList<T> Ranked<T>(IEnumerable<T> items, Func<T, double> score, Func<T, string> id) =>
        [.. items.OrderByDescending(score).ThenBy(id, StringComparer.Ordinal)];

    /// <summary>The top <paramref name="fraction"/> of <paramref name="ranked"/>: ⌈fraction × count⌉ runs, so at least one of any.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is not in (0, 1].</exception>
    public static IReadOnlyList<T> Of<T>(IReadOnlyList<T> ranked, double fraction)
    {
        if (!(fraction > 0 && fraction <= 1))
            throw new ArgumentOutOfRangeException(nameof(fraction), fraction, "a fraction of runs is above 0 and at most 1");
        // 0.1 × 30 is a hair above 3 in binary: what is within 1e-9 of a whole number is that number
        return [.. ranked.Take((int)Math.Ceiling(fraction * ranked.Count - 1e-9))];
    }

    /// <summary>
    /// The paper's "best 75 %" run: the lowest-ranked run that still stands above at least 75 % of its method's other runs, at position
    /// ⌊(count − 1) / 4⌋ from the top (the best run itself when there are fewer than five).
    /// </summary>
    /// <exception cref="ArgumentException">There is no run.</exception>
    public static T BestOfThreeQuarters<T>(IReadOnlyList<T> ranked) =>
        ranked.Count > 0
            ? ranked[(ranked.Count - 1) / 4]
            : throw new ArgumentException("the best-75 % run of no runs does not exist", nameof(ranked));
}
