namespace Alignment.Data;

/// <summary>How many pairs lost tokens to the length limits.</summary>
public sealed record TruncationReport
{
    /// <summary>Pairs tokenized.</summary>
    public int Pairs { get; init; }

    /// <summary>Prompts that lost their beginning.</summary>
    public int PromptsCut { get; init; }

    /// <summary>Chosen responses that lost their end.</summary>
    public int ChosenCut { get; init; }

    /// <summary>Rejected responses that lost their end.</summary>
    public int RejectedCut { get; init; }

    /// <summary>Share of prompts cut, 0 … 1.</summary>
    public double PromptShare => Share(PromptsCut);

    /// <summary>Share of chosen responses cut, 0 … 1.</summary>
    public double ChosenShare => Share(ChosenCut);

    /// <summary>Share of rejected responses cut, 0 … 1.</summary>
    public double RejectedShare => Share(RejectedCut);

    /// <summary>One line for the log.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"{Pairs} pairs; cut: {Part(PromptsCut)} prompts, {Part(ChosenCut)} chosen, {Part(RejectedCut)} rejected");

    private string Part(int count) => FormattableString.Invariant($"{count} ({Share(count):P1})");

    private double Share(int count) => Pairs == 0 ? 0 : (double)count / Pairs;
}
