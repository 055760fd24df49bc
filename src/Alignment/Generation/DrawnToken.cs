namespace Alignment.Generation;

/// <summary>A token that was drawn on the model's device, and what tells how far the draw was from another; shares are of probability.</summary>
/// <param name="Token">The token id; of the likeliest ones the lowest where the settings are greedy.</param>
/// <param name="Below">Share of the kept tokens with lower ids.</param>
/// <param name="Above">The same with its own.</param>
/// <param name="Dropped">Share of the tokens that top-p drops, of those that top-k leaves.</param>
/// <param name="Last">Share of the least likely token that is kept.</param>
/// <param name="Order">The least relative change that lets a kept and a dropped token change places; 0 where they tie.</param>
/// <param name="Lead">How much larger the largest logit is than the second.</param>
/// <param name="Kept">How many tokens are kept; 0 where the likeliest tokens do not tell.</param>
internal readonly record struct DrawnToken(int Token, double Below, double Above, double Dropped, double Last, double Order, double Lead, int Kept)
{
    /// <summary>Numbers of a row.</summary>
    public const int Numbers = 8;

    /// <summary>
    /// The token's two borders, as shares of the kept tokens, where every token that rounding could let in or out stands against the draw: the lower at most,
    /// the upper at least. Null where that is not known, or the token is such a one itself.
    /// </summary>
    public (double Below, double Above)? Open { get; init; }

    /// <summary>From a row of the device's answer, in the order of the members.</summary>
    public static DrawnToken Of(ReadOnlySpan<double> row) => new((int)row[0], row[1], row[2], row[3], row[4], row[5], row[6], (int)row[7]);

    /// <summary>The smallest change of a ratio of two probabilities that moves the draw across one of the token's boundaries.</summary>
    /// <param name="uniform">The draw.</param>
    public double DrawSlack(double uniform) => Slack(Below, Above, uniform);

    /// <summary>The same whichever of the tokens at the cut are kept; 0 where that is not known.</summary>
    /// <param name="uniform">The draw.</param>
    public double OpenSlack(double uniform) => Open is { } open ? Slack(open.Below, open.Above, uniform) : 0;

    /// <summary>The smallest such change that moves the cut of top-p to another token.</summary>
    public double MassSlack(SamplingSettings settings)
    {
        double limit = 1 - settings.TopP;
        return settings.TopP >= 1 ? double.PositiveInfinity : Math.Min(KeptTokens.Relative(limit - Dropped, Dropped),
            Kept > settings.MinTokensToKeep ? KeptTokens.Relative(Dropped + Last - limit, Dropped + Last) : double.PositiveInfinity);
    }

    private static double Slack(double below, double above, double uniform) =>
        Math.Min(KeptTokens.Relative(uniform - below, below), KeptTokens.Relative(above - uniform, above));
}
