namespace Alignment.Data;

/// <summary>What happens to a row over a limit.</summary>
internal enum LongRow
{
    /// <summary>It is cut: a prompt keeps its end, because the last turns matter most; a response keeps its beginning.</summary>
    Cut,

    /// <summary>It is left out, counted and named.</summary>
    Drop,

    /// <summary>It stops the run with its source and length.</summary>
    Refuse,
}

/// <summary>Limits of a tokenized pair, in tokens.</summary>
internal sealed record LengthLimits
{
    /// <summary>Longest prompt, the opening of the assistant's turn included; ≥ 1 and less than <see cref="MaxTotal"/>.</summary>
    public required int MaxPrompt { get; init; }

    /// <summary>Longest prompt and response together.</summary>
    public required int MaxTotal { get; init; }

    /// <summary>What happens to a longer prompt.</summary>
    public LongRow OnLongPrompt { get; init; } = LongRow.Cut;

    /// <summary>What happens to a training pair of which a response, with the prompt, is longer.</summary>
    public LongRow OnLongPair { get; init; } = LongRow.Cut;
}
