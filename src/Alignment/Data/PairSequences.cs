namespace Alignment.Data;

/// <summary>The sequences of some pairs in the order in which they are scored; the two of a pair hold the same prompt array.</summary>
/// <param name="All">Prompt and response of each.</param>
public sealed record PairSequences(IReadOnlyList<(int[] Prompt, int[] Response)> All)
{
    /// <summary>How many of each sequence's first response tokens are to be summed by themselves too; null for none.</summary>
    public IReadOnlyList<long>? FirstTokens { get; private init; }

    /// <summary>Prompt and chosen response of each pair.</summary>
    public static PairSequences Sft(IReadOnlyList<TokenizedPair> pairs) => new([.. pairs.Select(p => (p.Prompt, p.Chosen))]);

    /// <summary>Chosen sequences of all pairs, then the rejected ones in the same order.</summary>
    public static PairSequences Preference(IReadOnlyList<TokenizedPair> pairs) =>
        new([.. pairs.Select(p => (p.Prompt, p.Chosen)), .. pairs.Select(p => (p.Prompt, p.Rejected))]);

    /// <summary>As <see cref="Preference"/>, with min(n_w, n_l) of each pair as <see cref="FirstTokens"/> of both its sequences.</summary>
    public static PairSequences PreferenceWithShared(IReadOnlyList<TokenizedPair> pairs)
    {
        long[] shared = [.. pairs.Select(p => (long)Math.Min(p.Chosen.Length, p.Rejected.Length))];
        return Preference(pairs) with { FirstTokens = [.. shared, .. shared] };
    }
}
