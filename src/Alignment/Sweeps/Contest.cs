using System.Globalization;
using Alignment.Evaluation;
using Alignment.Files;
using Alignment.Sweeps.Search;

namespace Alignment.Sweeps;

/// <summary>
/// A search's run against the leader of the rounds before it, on the prompts that both have answered. The run that is behind for certain answers no more of them
/// (<see cref="EarlyStopping"/>), and is stored beside the name that a run of all prompts would have.
/// </summary>
/// <param name="leader">The run of all prompts that was expected to be best.</param>
/// <param name="order">In which the prompts are asked.</param>
internal sealed class Contest(StoredRun leader, PromptOrder order)
{
    /// <summary>Stands between the name of a run of all prompts and the digits of its leader.</summary>
    public const string Behind = "-behind-";

    private const int HashDigits = 6;
    private readonly Lazy<Dictionary<int, double>> _leader = new(() => ByPlace(leader.Columns()));

    /// <summary>The leader.</summary>
    public StoredRun Leader => leader;

    /// <summary>In which the prompts are asked.</summary>
    public PromptOrder Order => order;

    /// <summary>What follows the name of a run that is behind this leader.</summary>
    public string Ending { get; } = Behind + Fingerprint.Of(leader.Id, HashDigits);

    /// <summary>How a run stands.</summary>
    /// <param name="scores">[responses] its scores by place, as far as there are any.</param>
    public Standing Of(IReadOnlyDictionary<int, double> scores)
    {
        double[] differences = order.Differences(scores, _leader.Value);
        return new(EarlyStopping.StoppedAfter(differences, order.Count) is { } prompts ? differences[..prompts] : differences, order.Count);
    }

    /// <inheritdoc cref="Of(IReadOnlyDictionary{int, double})"/>
    public Standing Of(SampleColumns run) => Of(ByPlace(run));

    /// <summary>As above with all that it has answered, whether that was enough or not.</summary>
    public Standing OfAll(SampleColumns run) => new(order.Differences(ByPlace(run), _leader.Value), order.Count);

    /// <summary>A run's name without what tells that it was stopped.</summary>
    public static string WholeName(string name) => name.LastIndexOf(Behind, StringComparison.Ordinal) is var at and > 0 && name.Length == at + Behind.Length + HashDigits ? name[..at] : name;

    private static Dictionary<int, double> ByPlace(SampleColumns run) => run.PromptIndex.Zip(run.Score).ToDictionary(row => row.First, row => row.Second);
}

/// <summary>How a run stands against its leader.</summary>
/// <param name="Differences">[prompts] what it scores above the leader, up to where it is behind for certain.</param>
/// <param name="All">How many prompts there are.</param>
internal sealed record Standing(double[] Differences, int All)
{
    /// <summary>After how many prompts it is behind for certain; null where it is not.</summary>
    public int? StoppedAfter => EarlyStopping.StoppedAfter(Differences, All);

    /// <summary>Its lead, negative where it is behind.</summary>
    public double Lead => Differences.Average();

    /// <summary>What it is behind by at least, with chance 0.95 at all looks.</summary>
    public double AtLeast => -EarlyStopping.Bound(Differences);

    /// <summary>"after 100 of 600 prompts 0.53 behind, by 0.12 at least (95 % over all looks)".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"after {Differences.Length} of {All} prompts {-Lead:F3} behind, by {AtLeast:F3} at least (95 % over all looks)");
}
