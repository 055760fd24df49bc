namespace Alignment.Data;

/// <summary>How many pairs lost tokens to the length limits, or were left out for them.</summary>
internal sealed record TruncationReport
{
    /// <summary>Pairs tokenized and kept.</summary>
    public int Pairs { get; init; }

    /// <summary>They are labelled responses: desirable ones are counted as chosen.</summary>
    public bool AreLabelled { get; init; }

    /// <summary>Prompts that lost their beginning.</summary>
    public int PromptsCut { get; init; }

    /// <summary>Chosen responses that lost their end.</summary>
    public int ChosenCut { get; init; }

    /// <summary>Rejected responses that lost their end.</summary>
    public int RejectedCut { get; init; }

    /// <summary>Pairs left out for their prompt.</summary>
    public int PromptsDropped { get; init; }

    /// <summary>Pairs left out for a response.</summary>
    public int PairsDropped { get; init; }

    /// <summary>Pairs left out.</summary>
    public int Dropped => PromptsDropped + PairsDropped;

    /// <summary>One line for the log.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"{Pairs} {Rows}; cut: {Part(PromptsCut)} prompts, {Part(ChosenCut)} {(AreLabelled ? "desirable" : "chosen")}, {Part(RejectedCut)} {(AreLabelled ? "undesirable" : "rejected")}{Left}");

    private string Rows => AreLabelled ? "labelled responses" : "pairs";

    private string Left => Dropped == 0 ? "" : FormattableString.Invariant($"; dropped: {PromptsDropped} long prompts, {PairsDropped} long {(AreLabelled ? "responses" : "pairs")}");

    private string Part(int count) => FormattableString.Invariant($"{count} ({(Pairs == 0 ? 0 : (double)count / Pairs):P1})");
}
