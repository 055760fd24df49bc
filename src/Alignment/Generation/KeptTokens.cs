namespace Alignment.Generation;

/// <summary>The tokens one position is drawn from, and how far the choice of them was from going another way.</summary>
/// <param name="Ids">Token ids, ascending.</param>
/// <param name="Probabilities">Of each id; they add up to 1.</param>
/// <param name="Slack">
/// The smallest relative change of the ratio of two probabilities that could let another token in or out; 0 at a tie, infinity where nothing was cut.
/// </param>
internal sealed record KeptTokens(int[] Ids, double[] Probabilities, double Slack)
{
    /// <summary>
    /// Inverts the cumulative distribution in the order of the ids. That order is fixed: two nearly equal probabilities that change places would,
    /// in sorted order, move a whole token's mass across the draw, here they move boundaries by no more than their own change.
    /// </summary>
    /// <param name="uniform">The draw, in [0, 1).</param>
    /// <returns>The token, and the smallest such change that could move the draw across one of its two boundaries.</returns>
    public (int Token, double Slack) At(double uniform)
    {
        double below = 0;
        for (int i = 0; i < Ids.Length - 1; i++)
        {
            double above = below + Probabilities[i];
            if (uniform < above)
                return (Ids[i], Math.Min(Relative(uniform - below, below), Relative(above - uniform, above)));
            below = above;
        }
        return (Ids[^1], Relative(uniform - below, below));
    }

    /// <summary>
    /// The relative change of ratios that moves a share of the whole by a distance: a change c of the odds s / (1 − s) moves s by c s (1 − s).
    /// </summary>
    /// <param name="distance">≥ 0.</param>
    /// <param name="share">In [0, 1].</param>
    internal static double Relative(double distance, double share) => share is > 0 and < 1 ? distance / (share * (1 - share)) : double.PositiveInfinity;
}
