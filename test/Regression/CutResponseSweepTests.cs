using System.Text.Json;
using Alignment.Data;
using Alignment.Data.World;
using Alignment.Evaluation;
using Alignment.Models.NeoX;
using Alignment.Recipes;
using Alignment.Reports;
using Alignment.Rewards;
using Alignment.Sweeps;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>A sweep on files with a gold model of its own, whose limits cut responses, prompts and gold inputs.</summary>
[NonParallelizable]
public sealed class CutResponseSweepTests
{
    private const int MaxPrompt = 18, NewTokens = 5, GoldLength = 28;

    private readonly string _root = Directory.CreateTempSubdirectory("cut-responses").FullName;
    private readonly List<string> _log = [];
    private StoredSweep _sweep = null!;

    [OneTimeSetUp]
    public void RunSweep()
    {
        PreferencePair[] pairs = [.. EmbeddedWorld.TrainingPairs(1, 120)];
        File.WriteAllLines(Path.Combine(_root, "pairs.jsonl"),
            pairs.DistinctBy(pair => pair.Prompt[^1].Text).Select(pair => JsonSerializer.Serialize(new { prompt = pair.Prompt[^1].Text, chosen = pair.Chosen, rejected = pair.Rejected })));
        string tokenizer = Path.Combine(_root, "tokenizer");
        Directory.CreateDirectory(tokenizer);
        using (Stream vocabulary = WorldVocabulary.OpenVocabulary(), merges = WorldVocabulary.OpenMerges())
        using (FileStream first = File.Create(Path.Combine(tokenizer, "vocab.json")), second = File.Create(Path.Combine(tokenizer, "merges.txt")))
        {
            vocabulary.CopyTo(first);
            merges.CopyTo(second);
        }

        File.WriteAllText(Path.Combine(_root, "cut.json"), $$"""
            {
              "name": "cut", "seed": 3,
              "policy": { "width": 16, "layers": 1, "heads": 2, "keyValueHeads": 1, "mlpWidth": 24, "maxPositions": 128 },
              "data": { "train": { "format": "pairs", "file": "pairs.jsonl" }, "split": { "rewardModel": 0.3, "test": 0.3 }, "tokenizer": "tokenizer", "template": "phi-3" },
              "gold": { "neox": { "width": 16, "layers": 1, "heads": 2, "mlpWidth": 24, "maxLength": {{GoldLength}}, "epochs": 1, "batchSize": 8 } },
              "lengths": { "maxPrompt": {{MaxPrompt}}, "maxTotal": 80 },
              "sft": { "epochs": [1], "learningRate": [1e-3], "batchSize": 8 },
              "preference": { "epochs": [1], "learningRate": [1e-3], "batchSize": 8 },
              "methods": { "DPO": { "beta": [0.1] }, "SimPO": { "beta": [2.0], "gamma": [0.5] } },
              "generation": { "temperature": 1.0, "topP": 1.0, "maxNewTokens": {{NewTokens}}, "maxCutShare": 0.2 },
              "testPrompts": 16
            }
            """);
        Recipe recipe = RecipeFile.Load("cut.json", _root);
        using Sweep sweep = new(recipe, new SweepOptions { SweepsFolder = Path.Combine(_root, "sweeps"), Threads = 1 }, TimeProvider.System, _log.Add);
        foreach (GridPoint point in Grid.PreferencePoints(recipe))
            sweep.Run(point, CancellationToken.None);
        _sweep = sweep.Collect(CancellationToken.None);
        ReportWriter.Write(_sweep);
    }

    [OneTimeTearDown]
    public void RemoveSweep() => Directory.Delete(_root, recursive: true);

    [Test]
    public void The_gold_model_is_not_told_that_a_cut_response_ended()
    {
        using NeoXReward gold = NeoXReward.Load(Directory.EnumerateDirectories(_sweep.Folder, "gold-*").Single(folder => !folder.EndsWith(".work", StringComparison.Ordinal)));
        ModelTokenizer tokenizer = EmbeddedWorld.Tokenizer;
        int cut = 0;
        foreach (SampleRow row in _sweep.Runs[0].Samples())
        {
            IReadOnlyList<int> prompt = tokenizer.Text.EncodeToIds(ChatTemplate.Phi3.Render([new(Role.User, row.Prompt)], addGenerationPrompt: true));
            IReadOnlyList<int> said = tokenizer.Text.EncodeToIds(row.Response);
            double open = Score(gold, [.. prompt, .. said]), ended = Score(gold, [.. prompt, .. said, tokenizer.Eos]);
            Assert.That(row.Score, Is.EqualTo(row.Ended == true ? ended : open).Within(1e-5));
            Assert.That(open, Is.Not.EqualTo(ended).Within(1e-4), "the end is told apart");
            Assert.That(row.GoldInputCut, Is.EqualTo(prompt.Count + said.Count + (row.Ended == true ? 1 : 0) > GoldLength));
            Assert.That(row.PromptCut, Is.EqualTo(prompt.Count > MaxPrompt));
            cut += row.Ended == true ? 0 : 1;
        }

        Assert.That(cut, Is.GreaterThan(8));
    }

    [Test]
    public void Shares_of_cut_responses_prompts_and_gold_inputs_are_logged_stored_and_reported()
    {
        StoredRun run = _sweep.Runs[0];
        SampleRow[] rows = [.. run.Samples()];
        int cut = rows.Count(row => row.Ended == false), prompts = rows.Count(row => row.PromptCut == true), inputs = rows.Count(row => row.GoldInputCut == true);
        Assert.That((prompts, inputs), Is.EqualTo((rows.Length, rows.Length)).Using<(int, int)>((got, all) => got.Item1 > 0 && got.Item1 < all.Item1 && got.Item2 > 0));
        Assert.That((run.Summary.CutShare.Value, run.Summary.PromptsCutShare.Value, run.Summary.GoldInputsCutShare.Value), Is.EqualTo((cut / 16.0, prompts / 16.0, inputs / 16.0)));
        Assert.That(_log, Has.Some.StartsWith($"[{run.Point.Slug}] cut: {new Share(cut, 16)} responses reached maxNewTokens {NewTokens} without an end; maxCutShare is 0.2, above it: raise maxNewTokens"));
        Assert.That(_log, Has.Some.StartsWith($"[{run.Point.Slug}] cut: {new Share(inputs, 16)} responses were read by the gold model without their beginning; "));
        Assert.That(_log, Has.Some.EqualTo($"test prompts: {new Share(prompts, 16)} lost their beginning to maxPrompt {MaxPrompt}"));
        Assert.That(Read("summary.json", run.Folder), Does.Contain("\"cut_share\"").And.Contain("\"prompts_cut_share\"").And.Contain("\"gold_inputs_cut_share\""));
        Assert.That(Read("sweep.json", _sweep.Folder), Does.Contain("\"max_cut_share\": 0.2"));
        Assert.That(Read("recommendation.md", _sweep.Folder), Does.Contain("Responses that reached the limit of new tokens without an end: ").And.Contain("above the limit of 20 %"));
        Assert.That(SweepFile.Read(_sweep.Folder).MaxCutShare, Is.EqualTo(0.2));
    }

    [Test]
    public void The_second_KL_follows_from_the_tokens_and_is_zero_for_SFT()
    {
        Assert.That(_sweep.Sft!.Samples().Select(row => row.KlK3), Is.All.Zero);
        foreach (StoredRun run in _sweep.Runs)
            Assert.That(run.Samples().Select(row => row.KlK3), Is.All.GreaterThan(0), run.Id);
        Assert.That(_sweep.Runs.Select(run => run.Summary.MeanKlK3.Value), Is.All.GreaterThan(0));
    }

    private static double Score(NeoXReward gold, int[] ids) => RewardScorer.Score(gold, [ids], new() { MaxLength = GoldLength })[0];

    private static string Read(string name, string folder) => File.ReadAllText(Path.Combine(folder, name));
}
