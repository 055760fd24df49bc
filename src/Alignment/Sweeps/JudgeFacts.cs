using System.Text.Json.Serialization;
using Alignment.Evaluation;
using Alignment.Rewards;

namespace Alignment.Sweeps;

/// <summary>Who scored a sweep's runs, and how often they prefer what the people behind the test set preferred.</summary>
/// <param name="Name">As the recipe gives it.</param>
/// <param name="Model">What it is: the folder as the recipe names it, or how it came about.</param>
/// <param name="Right">Pairs of the test set whose chosen response it scores higher.</param>
/// <param name="Ties">Pairs whose responses it scores alike.</param>
/// <param name="Pairs">Pairs of the test set.</param>
internal sealed record JudgeFacts(string Name, string Model, int Right, int Ties, int Pairs)
{
    /// <summary>It stands first in the recipe: its scores say which SFT run and which runs are best.</summary>
    public bool Decides { get; init; } = true;

    /// <summary>Share of the pairs it orders as the test set does, a tie as half, with its 95 % interval (Wilson 1927).</summary>
    [JsonIgnore]
    public Estimate Accuracy
    {
        get
        {
            var share = new PairAccuracy(Right, Pairs, Ties);
            return new(share.Value, share.Low, share.High);
        }
    }
}
