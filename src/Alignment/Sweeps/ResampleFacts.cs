using System.Text.Json.Serialization;

namespace Alignment.Sweeps;

/// <summary>What became of the training prompts in a round on-policy.</summary>
/// <param name="Prompts">Training prompts.</param>
/// <param name="Responses">Sampled to each.</param>
/// <param name="Ties">Prompts left out because the judge gave all responses one score.</param>
/// <param name="Identical">Prompts left out because their responses are one text.</param>
/// <param name="ChosenScore">Mean of the chosen responses' scores by the judge that chose them.</param>
/// <param name="RejectedScore">Mean of the rejected ones'.</param>
internal sealed record ResampleFacts(int Prompts, int Responses, int Ties, int Identical, double ChosenScore, double RejectedScore)
{
    /// <summary>Prompts that became a pair.</summary>
    [JsonIgnore]
    public int Pairs => Prompts - Ties - Identical;

    /// <summary>Of the pairs, of which there is at least one.</summary>
    /// <param name="pairs">The pairs.</param>
    /// <param name="responses">Sampled to each prompt.</param>
    public static ResampleFacts Of(ResampledPairs pairs, int responses)
    {
        ResampledRow[] made = [.. pairs.Rows.Where(row => row.LeftOut == null)];
        return new(pairs.Rows.Count, responses, pairs.LeftOut(ResampledRow.Tie), pairs.LeftOut(ResampledRow.Identical),
            made.Average(row => row.Chosen!.Score), made.Average(row => row.Rejected!.Score));
    }

    /// <summary>"45 pairs of 48 training prompts; left out 2 whose responses have one score, 1 whose responses are one text".</summary>
    public override string ToString() => FormattableString.Invariant($"{Pairs} pairs of {Prompts} training prompts")
        + (Pairs == Prompts ? "" : FormattableString.Invariant($"; left out {Ties} whose responses have one score, {Identical} whose responses are one text"));
}
