using Alignment.Files;

namespace Alignment.Sweeps.Search;

/// <summary>
/// The order in which a run that may be stopped early answers the test prompts: by the hashes of their texts, so that it is the same for every run and not that of
/// a file. Where a prompt stands several times, or gets several responses, all of them come together and count as one.
/// </summary>
internal sealed class PromptOrder
{
    private const int HashDigits = 16;
    private readonly int[][] _places;

    /// <summary>Of the texts of the prompts.</summary>
    /// <param name="prompts">By place: that of a response among all that a run samples.</param>
    public PromptOrder(IReadOnlyDictionary<int, string> prompts) => _places =
    [
        .. prompts.GroupBy(prompt => prompt.Value, prompt => prompt.Key, StringComparer.Ordinal)
            .OrderBy(places => Fingerprint.Of(places.Key, HashDigits), StringComparer.Ordinal).Select(places => places.Order().ToArray()),
    ];

    /// <summary>How many different prompts there are.</summary>
    public int Count => _places.Length;

    /// <summary>The places of the prompts from one number to below another, ascending.</summary>
    public int[] Places(Range prompts) => [.. _places[prompts].SelectMany(places => places).Order()];

    /// <summary>[prompts] what one run scores above another on each of the first prompts, as far as both have answered them.</summary>
    /// <param name="run">Score by place.</param>
    /// <param name="other">Score by place.</param>
    public double[] Differences(IReadOnlyDictionary<int, double> run, IReadOnlyDictionary<int, double> other) =>
        [.. _places.TakeWhile(places => places.All(place => run.ContainsKey(place) && other.ContainsKey(place))).Select(places => places.Average(place => run[place] - other[place]))];
}
