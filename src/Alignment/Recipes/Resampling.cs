using Alignment.Generation;

namespace Alignment.Recipes;

/// <summary>
/// One round on-policy: what preference runs start from answers each training prompt several times, a judge that does not decide scores the answers, and the
/// best and the worst become a pair. Every method then runs on these pairs, too. So SimPO's data were made (Meng, Xia, Chen 2024, section 3).
/// </summary>
/// <param name="Responses">To each training prompt, ≥ 2.</param>
/// <param name="Judge">Says which is best and which worst.</param>
internal sealed record Resampling(int Responses, GoldChoice Judge)
{
    /// <summary>Of the responses, &gt; 0; null: that of the recipe's generation.</summary>
    public double? Temperature { get; init; }

    /// <summary>Of the responses, in (0, 1]; null: that of the recipe's generation.</summary>
    public double? TopP { get; init; }

    /// <summary>How they are sampled.</summary>
    /// <param name="generation">How responses to test prompts are.</param>
    public SamplingSettings Sampling(SamplingSettings generation) => generation with { Temperature = Temperature ?? generation.Temperature, TopP = TopP ?? generation.TopP };
}
