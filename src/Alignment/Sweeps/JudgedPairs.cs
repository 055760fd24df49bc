using System.Text.Json;
using System.Text.Json.Serialization;
using Alignment.Data;
using Alignment.Files;
using Alignment.Rewards;

namespace Alignment.Sweeps;

/// <summary>
/// judges/DIGITS.json: what a judge says of the test set's own responses, once for all runs. The chosen ones' scores are what wins are counted
/// against, and both sides' tell how often the judge prefers what was preferred.
/// </summary>
/// <param name="Chosen">[prompts] scores of the chosen responses.</param>
/// <param name="Rejected">[prompts] scores of the rejected responses.</param>
internal sealed record JudgedPairs(IReadOnlyList<double> Chosen, IReadOnlyList<double> Rejected)
{
    /// <summary>Where the files stand in a sweep's folder.</summary>
    public const string Folder = "judges";

    private const int HashDigits = 10;
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>How often the chosen response has the higher score; of no pairs where the test set has none.</summary>
    [JsonIgnore]
    public PairAccuracy Accuracy => Chosen.All(double.IsNaN) ? new(0, 0) : PairAccuracy.Count(Chosen, Rejected);

    /// <summary>Of a test set without pairs: scores that are not numbers.</summary>
    public static JudgedPairs None(int prompts)
    {
        double[] unknown = [.. Enumerable.Repeat(double.NaN, prompts)];
        return new(unknown, unknown);
    }

    /// <summary>The name of a judge's file.</summary>
    /// <param name="judge">Identity of the judge.</param>
    /// <param name="test">Hash of the test set.</param>
    public static string Name(string judge, string test) => Fingerprint.Of(JsonSerializer.Serialize(new { judge, Test = test }), HashDigits) + ".json";

    /// <summary>Reads the file, or scores the pairs and writes it.</summary>
    /// <param name="sweep">The sweep's folder.</param>
    /// <param name="test">The test set.</param>
    /// <param name="judge">Identity of the judge.</param>
    /// <param name="open">Opens the judge.</param>
    /// <param name="log">Gets a line about what was cut.</param>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static JudgedPairs Of(string sweep, IReadOnlyList<PreferencePair> test, string judge, Func<GoldModel> open, Action<string> log)
    {
        string path = Path.Combine(sweep, Folder, Name(judge, ContentHash.Of(test)));
        if (File.Exists(path))
            return Read(path, test.Count);
        GoldModel gold = open();
        (IReadOnlyList<RewardScore> chosen, IReadOnlyList<RewardScore> rejected) = gold.ScoreSides(test);
        log($"chosen responses: {new Share(chosen.Count(score => score.InputCut), chosen.Count)} were read by the gold model without their beginning");
        var judged = new JudgedPairs([.. chosen.Select(score => score.Value)], [.. rejected.Select(score => score.Value)]);
        if (judged.Chosen.Concat(judged.Rejected).Any(score => !double.IsFinite(score)))
            throw new InvalidDataException("the gold model's scores of the test set's own responses are not all finite numbers: examine its folder with the doctor");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        AtomicFile.WriteText(path, JsonSerializer.Serialize(judged, s_json) + "\n");
        return judged;
    }

    private static JudgedPairs Read(string path, int pairs)
    {
        try
        {
            JudgedPairs? read = JsonSerializer.Deserialize<JudgedPairs>(File.ReadAllText(path), s_json);
            return read?.Chosen?.Count == pairs && read.Rejected?.Count == pairs ? read : throw new JsonException("not a score for each pair");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: not a judge's scores of the test set's responses; delete it, they are scored again", e);
        }
    }
}
