namespace Alignment.Generation;

/// <summary>The next token, and whether a change of the logits by rounding could have chosen another.</summary>
/// <param name="Token">The token id.</param>
/// <param name="Sure">No change of every logit by up to <see cref="LogitError"/> chooses another.</param>
internal readonly record struct TokenChoice(int Token, bool Sure)
{
    /// <summary>
    /// How far a float32 logit may move with the company a row has in its batch (padding, rows, cache): twice the largest difference between
    /// left- and right-padded forward passes of the golden models.
    /// </summary>
    public const double LogitError = 2e-5;

    // more than the relative difference of two sums of exponentials in float64 that add the same numbers in another order
    private const double Rounding = 1e-10;

    /// <summary>Chooses from the logits of one position.</summary>
    /// <param name="logits">[vocabulary].</param>
    /// <param name="settings">Temperature 0 takes the likeliest token, the lowest id of equals.</param>
    /// <param name="uniform">The position's draw, in [0, 1); not used when greedy.</param>
    /// <exception cref="ArgumentException">A logit is NaN or +∞, or none is finite.</exception>
    public static TokenChoice Of(ReadOnlySpan<double> logits, SamplingSettings settings, double uniform)
    {
        if (settings.Temperature == 0)
            return Likeliest(logits);
        KeptTokens kept = Nucleus.Filter(logits, settings);
        (int token, double slack) = kept.At(uniform);
        double change = Change(settings);
        return new(token, slack > change && kept.Slack > change);
    }

    /// <summary>
    /// What was drawn on the model's device, where <see cref="Of(ReadOnlySpan{double}, SamplingSettings, double)"/> is certain to choose the same from the
    /// whole row, sure or not; null where it may not.
    /// </summary>
    /// <param name="drawn">The token.</param>
    /// <param name="settings">As there.</param>
    /// <param name="uniform">As there.</param>
    public static TokenChoice? Of(DrawnToken drawn, SamplingSettings settings, double uniform)
    {
        if (drawn.Kept == 0)
            return null;
        if (settings.Temperature == 0)
            return new(drawn.Token, drawn.Lead > 2 * LogitError);
        double rounding = settings.TopP < 1 ? Rounding / (1 - settings.TopP) : Rounding, change = rounding + Change(settings);
        double draw = drawn.DrawSlack(uniform), mass = drawn.MassSlack(settings);
        bool sure = draw > change && (Math.Min(mass, drawn.Order) > change || drawn.OpenSlack(uniform) > change);
        return Math.Min(draw, mass) > rounding ? new(drawn.Token, sure) : null;
    }

    /// <summary>A logit error e changes the ratio of two probabilities, and the odds of a set of tokens, by a share of at most 2e / temperature.</summary>
    public static double Change(SamplingSettings settings) => 2 * LogitError / settings.Temperature;

    private static TokenChoice Likeliest(ReadOnlySpan<double> logits)
    {
        if (logits.ContainsAny(double.NaN, double.PositiveInfinity))
            throw new ArgumentException("a logit is NaN or infinite: the model's weights are not usable");
        int best = 0;
        double second = double.NegativeInfinity;
        for (int id = 1; id < logits.Length; id++)
        {
            if (logits[id] > logits[best])
                (best, second) = (id, logits[best]);
            else
                second = Math.Max(second, logits[id]);
        }
        return new(best, logits[best] - second > 2 * LogitError);
    }
}

/// <summary>Logits that no token can be drawn from: the model's weights are broken, or its arithmetic overflows.</summary>
internal static class UnusableLogits
{
    /// <summary>What is wrong with the logits of one position; null where nothing is. −∞ is allowed for tokens that cannot be drawn.</summary>
    public static string? Fault(ReadOnlySpan<float> logits)
    {
        bool anyFinite = false;
        for (int id = 0; id < logits.Length; id++)
        {
            if (float.IsNaN(logits[id]) || float.IsPositiveInfinity(logits[id]))
                return FormattableString.Invariant($"the logit of token {id} is {logits[id]}");
            anyFinite |= float.IsFinite(logits[id]);
        }
        return anyFinite ? null : $"none of {logits.Length} logits is finite";
    }

    /// <summary>The error that names prompt and position.</summary>
    public static NotFiniteNumberException Of(ResponseInProgress response, string fault) =>
        new($"prompt {response.Index}, response token {response.Count}: {fault}; the model's weights are not usable, "
            + "check the checkpoint and, in half precision, the range of its activations");
}
