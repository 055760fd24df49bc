namespace Alignment.Generation;

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
