namespace Alignment.Evaluation;

/// <summary>
/// How often one score is strictly higher than the other on the same prompt. A tie is neither a win nor a loss (the paper counts strict wins),
/// so wins and losses need not add up to 1.
/// </summary>
/// <param name="Wins">Prompts where the first score is strictly higher.</param>
/// <param name="Ties">Prompts where both are equal.</param>
/// <param name="Losses">Prompts where the second is strictly higher.</param>
public sealed record WinRate(int Wins, int Ties, int Losses)
{
    /// <summary>Prompts compared.</summary>
    public int Count => Wins + Ties + Losses;

    /// <summary>Share of strict wins, 0 … 1.</summary>
    public double WinShare => (double)Wins / Count;

    /// <summary>Share of ties, 0 … 1.</summary>
    public double TieShare => (double)Ties / Count;

    /// <summary>Share of strict losses, 0 … 1.</summary>
    public double LossShare => (double)Losses / Count;

    /// <summary>Compares <paramref name="scores"/> [prompts] with <paramref name="others"/> [prompts], position by position.</summary>
    /// <exception cref="ArgumentException">The lengths differ or are zero.</exception>
    public static WinRate Of(IReadOnlyList<double> scores, IReadOnlyList<double> others)
    {
        if (scores.Count != others.Count || scores.Count == 0)
            throw new ArgumentException($"a win rate needs as many scores on both sides and at least one, got {scores.Count} and {others.Count}");
        int wins = 0, losses = 0;
        for (int i = 0; i < scores.Count; i++)
        {
            wins += scores[i] > others[i] ? 1 : 0;
            losses += scores[i] < others[i] ? 1 : 0;
        }
        return new WinRate(wins, scores.Count - wins - losses, losses);
    }
}
