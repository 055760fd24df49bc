namespace Alignment.Data;

/// <summary>How many pairs lost tokens to the length limits.</summary>
internal sealed record TruncationReport
{
    /// <summary>Pairs tokenized.</summary>
    public int Pairs { get; init; }

    /// <summary>Prompts that lost their beginning.</summary>
    public int PromptsCut { get; init; }

    /// <summary>Chosen responses that lost their end.</summary>
    public int ChosenCut { get; init; }

    /// <summary>Rejected responses that lost their end.</summary>
    public int RejectedCut { get; init; }

    /// <summary>One line for the log.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"{Pairs} pairs; cut: {Part(PromptsCut)} prompts, {Part(ChosenCut)} chosen, {Part(RejectedCut)} rejected");

    private string Part(int count) => FormattableString.Invariant($"{count} ({(Pairs == 0 ? 0 : (double)count / Pairs):P1})");
}
