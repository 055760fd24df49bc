using System.Text.Json;
using Alignment.Data;
using Alignment.Files;
using Alignment.Generation;
using Alignment.Models;
using Alignment.Recipes;
using Alignment.Rewards;

namespace Alignment.Sweeps;

/// <summary>
/// One round on-policy, in resampled/NAME: what preference runs start from answers every training prompt (draw-1.jsonl, draw-2.jsonl, …), a judge scores the
/// answers (scores-…), and best and worst become pairs (pairs-…). One process makes them, the others wait; a killed one's work goes on where it was, and what is
/// there is not made again: further responses or another judge cost only themselves.
/// </summary>
/// <param name="sweep">The sweep's folder.</param>
/// <param name="names">Of what is made.</param>
internal sealed class ResampleStage(string sweep, ResampleNames names)
{
    /// <summary>Where the folders stand in a sweep's folder.</summary>
    public const string Folder = "resampled";

    /// <summary>The recipe.</summary>
    public required Recipe Recipe { get; init; }

    /// <summary>With the training prompts.</summary>
    public required SweepData Data { get; init; }

    /// <summary>Place and speed.</summary>
    public required SweepOptions Options { get; init; }

    /// <summary>The folder of the weights that answer.</summary>
    public required string Weights { get; init; }

    /// <summary>Opens the judge that chooses; called when no policy is there.</summary>
    public required Func<GoldModel> Judge { get; init; }

    /// <summary>The ranks that sample together.</summary>
    public required RankWork Ranks { get; init; }

    /// <summary>What the sweep's stages take.</summary>
    public required MemoryPlan Memory { get; init; }

    /// <summary>Gets lines about it.</summary>
    public required Action<string> Log { get; init; }

    private int Draws => Recipe.Resample!.Responses;

    private string Home => Path.Combine(sweep, Folder, names.Responses);

    /// <summary>The name of the lock of a folder, without its extension.</summary>
    public static string LockOf(string responses) => $"{Folder}-{responses}";

    /// <summary>The pairs' file.</summary>
    public static string PairsFile(string sweep, ResampleNames names) => Path.Combine(sweep, Folder, names.Responses, $"pairs-{names.Pairs}.jsonl");

    /// <summary>The sweep's data with the pairs in place of its own: stored, or made now.</summary>
    /// <exception cref="InvalidDataException">No prompt became a pair, or a file is damaged.</exception>
    /// <exception cref="RecipeException">The pairs are too few for a schedule or an average.</exception>
    public SweepData Pairs(CancellationToken cancel)
    {
        string path = Path.GetFullPath(PairsFile(sweep, names));
        if (!File.Exists(path))
            Make(path, cancel);
        var pairs = ResampledPairs.Read(path);
        if (pairs.Count == 0)
            throw new InvalidDataException($"the round on-policy leaves no pair: of {pairs.Rows.Count} training prompts, {pairs.LeftOut(ResampledRow.Tie)} have responses of one score and "
                + $"{pairs.LeftOut(ResampledRow.Identical)} responses of one text; raise \"responses\" or \"temperature\" of \"resample\", or give a judge that tells responses apart");
        GridPoint[] points = [.. Grid.PreferencePoints(Recipe).Where(point => point.OnPolicy)];
        string[] tooFew = [.. Preflight.Schedules(Recipe, points, pairs.Count), .. Preflight.Averages(Recipe, points, pairs.Count)];
        if (tooFew.Length > 0)
            throw new RecipeException(tooFew);
        var facts = ResampleFacts.Of(pairs, Draws);
        Log($"[resample] {facts}");
        return pairs.In(Data, path) with { Facts = Data.Facts with { TrainingPairs = pairs.Count, Resampled = facts } };
    }

    private void Make(string path, CancellationToken cancel)
    {
        using RunLock held = RunLock.Take(Path.Combine(sweep, "locks", LockOf(names.Responses) + ".lock"), TimeProvider.System,
            owner => Log($"[resample] waiting: {owner} makes the pairs"), cancel);
        if (File.Exists(path))
            return;
        IReadOnlyList<SampledResponse>[] draws = StageOutOfMemoryException.In("sampling", Memory, () => Sampled(cancel));
        string[][] texts = [.. draws.Select(draw => draw.Select(response => Data.Tokenizer.Decode(response.Said.ToArray())).ToArray())];
        var cut = new Share(draws.Sum(draw => draw.Count(response => !response.Ended)), draws.Sum(draw => draw.Count));
        string what = FormattableString.Invariant($"reached maxNewTokens {Recipe.Generation.MaxNewTokens} without an end");
        Log($"[resample] {CutResponses.Text(Recipe, cut, what, "raise maxNewTokens, or the pairs are of cut texts and methods learn to end nowhere")}");
        double[][] scores = [.. draws.Select((draw, index) => Scores(index + 1, [.. draw.Select((response, prompt) => (texts[index][prompt], response.Ended))]))];
        ResampledRow[] rows = [.. Data.TrainingTexts.Select((pair, prompt) => ResampledRow.Of(pair.Source,
            [.. draws.Select((draw, index) => new Answer(draw[prompt].Tokens, draw[prompt].Ended, texts[index][prompt], scores[index][prompt]))]))];
        held.Require();
        new ResampledPairs(rows).Write(path);
    }

    // the model is loaded where something is left to sample
    private IReadOnlyList<SampledResponse>[] Sampled(CancellationToken cancel)
    {
        Decoder? model = null;
        try
        {
            return [.. Enumerable.Range(1, Draws).Select(draw =>
            {
                Take($"draw-{draw}.jsonl");
                string title = $"[resample] response {draw} of {Draws}";
                AskedPrompts asked = AskedPrompts.Training(Recipe, Data, draw);
                return new ResponseFile(Path.Combine(Home, $"draw-{draw}.jsonl")).Complete(asked, left =>
                {
                    model ??= new PolicyModels(Recipe, Options, Data.Tokenizer).Load(Weights);
                    Ranks.Ask(asked.Order(new(Weights), left));
                    return asked.By(model, Recipe, Data);
                }, Options.Generation, new ProgressLines(title, Options.ProgressSeconds, Log), cancel);
            })];
        }
        finally
        {
            model?.Dispose();
        }
    }

    private double[] Scores(int draw, (string, bool)[] responses)
    {
        string name = $"scores-{names.Scores}-{draw}.json", path = Path.Combine(Home, name);
        Take(name);
        if (!File.Exists(path))
        {
            IReadOnlyList<RewardScore> scores = StageOutOfMemoryException.In(MemoryPlan.StageOf(Recipe.Resample!.Judge), Memory, () => Judge().Score(Data.TrainingTexts, responses));
            if (scores.Any(score => !double.IsFinite(score.Value)))
                throw new InvalidDataException($"the scores of {Recipe.Resample.Judge.Name}, which chooses the pairs, are not all finite numbers: examine its folder with the doctor");
            Log($"[resample] {Recipe.Resample.Judge.Name}: {new Share(scores.Count(score => score.InputCut), scores.Count)} responses were read without their beginning");
            AtomicFile.WriteText(path, JsonSerializer.Serialize(scores.Select(score => score.Value)) + "\n");
        }

        try
        {
            return JsonSerializer.Deserialize<double[]>(File.ReadAllText(path)) is { } read && read.Length == responses.Length ? read : throw new JsonException("not a score for each response");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: not a judge's scores of sampled responses; delete it, they are scored again", e);
        }
    }

    private void Take(string name)
    {
        if (new OtherSweeps(sweep).TakeFile(Path.Combine(Folder, names.Responses, name)) is { } other)
            Log($"[resample] {name}: goes on from that of sweep {other}");
    }
}
