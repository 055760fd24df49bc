namespace Alignment.Data;

/// <summary>What happens to a prompt over its limit.</summary>
internal enum LongPrompt
{
    /// <summary>It keeps its end: the last turns matter most.</summary>
    KeepEnd,

    /// <summary>It is refused with its source and length.</summary>
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
    public LongPrompt OnLongPrompt { get; init; } = LongPrompt.KeepEnd;
}
