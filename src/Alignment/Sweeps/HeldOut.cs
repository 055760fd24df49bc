using System.Globalization;
using System.Text.Json;
using Alignment.Data;
using Alignment.Evaluation;
using Alignment.Files;
using Alignment.Models;
using Alignment.Training;

namespace Alignment.Sweeps;

/// <summary>
/// held-out.jsonl of a run: what its model says of the responses that the first test pairs came with. Nobody trained on them, so that they tell what training did
/// to likelihoods; one forward pass of each, which is little beside sampling the answers.
/// </summary>
internal static class HeldOut
{
    /// <summary>So many of the test pairs, from the first: their mean's error is an eleventh of one pair's spread.</summary>
    public const int Most = 128;

    private const string Name = "held-out.jsonl";

    /// <summary>Scores the pairs and writes the file into a run's folder.</summary>
    public static void Write(string folder, Decoder model, IReadOnlyList<TokenizedPair> pairs, SpeedSettings speed)
    {
        if (pairs.Count == 0)
            return;
        // the other ranks are not asked: it is little work
        ReferenceLogProbs sums = ReferencePass.Compute(model, pairs, speed.Alone);
        AtomicFile.WriteText(Path.Combine(folder, Name), string.Concat(pairs.Select((pair, i) => JsonSerializer.Serialize(
            new HeldOutLogProbs(pair.Source, sums.ChosenSums[i], sums.RejectedSums[i], pair.Chosen.Length, pair.Rejected.Length)) + "\n")));
    }

    /// <summary>Takes the file of a run of the same weights, where that has one.</summary>
    public static void Copy(string from, string folder)
    {
        if (File.Exists(Path.Combine(from, Name)))
            File.Copy(Path.Combine(from, Name), Path.Combine(folder, Name), overwrite: true);
    }

    /// <summary>What moved from one run to the other, by the pairs that both have in the same tokens; null where there are none.</summary>
    public static Moved? Between(string before, string after, IReadOnlyList<TokenizedPair> pairs, ulong seed)
    {
        Dictionary<string, HeldOutLogProbs> first = Read(before), second = Read(after);
        return Moved.Of(
        [
            .. pairs.Where(pair => first.GetValueOrDefault(pair.Source) is { } old && second.GetValueOrDefault(pair.Source) is { } now
                && (old.ChosenTokens, old.RejectedTokens) == (now.ChosenTokens, now.RejectedTokens))
            .Select(pair => (string.Join(',', pair.Prompt), first[pair.Source], second[pair.Source])),
        ], seed);
    }

    /// <summary>A line of the log.</summary>
    /// <param name="moved">From one run to another.</param>
    /// <param name="start">What the first is called, behind "the".</param>
    public static string Told(Moved moved, string start) => string.Create(CultureInfo.InvariantCulture,
            $"moved: chosen {moved.Chosen.Value:+0.00;-0.00;0.00} nats ({moved.ChosenPerToken.Value:+0.000;-0.000;0.000} a token), rejected {moved.Rejected.Value:+0.00;-0.00;0.00} ")
        + string.Create(CultureInfo.InvariantCulture,
            $"({moved.RejectedPerToken.Value:+0.000;-0.000;0.000}) against the {start}; chosen fell on {moved.ChosenFell.Value:0%} of {moved.Pairs} held-out pairs")
        + (moved.IsAlarming ? ": the chosen responses are unlearnt, too; a lower learning rate, a higher beta or an nllWeight holds them" : "");

    private static Dictionary<string, HeldOutLogProbs> Read(string folder)
    {
        string path = Path.Combine(folder, Name);
        if (!File.Exists(path)) // an earlier version stored none
            return [];
        try
        {
            return File.ReadLines(path).Select(line => JsonSerializer.Deserialize<HeldOutLogProbs>(line) ?? throw new JsonException("null"))
                .DistinctBy(row => row.Source).ToDictionary(row => row.Source, StringComparer.Ordinal);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: not log-probs of held-out pairs: {e.Message}; delete the folder {folder} to have the run made again", e);
        }
    }
}
