using System.Text.Json;
using Alignment.Files;
using Alignment.Models;
using Alignment.Recipes;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>Judges of a decoder's shape that a recipe trains on pairs it sets aside.</summary>
[NonParallelizable]
public class DecoderGoldTests
{
    private const string Gold = "\"gold\": { \"folder\": \"gold\", \"maxLength\": 64 }", Training = "\"maxLength\": 64, \"epochs\": 1, \"batchSize\": 4, \"learningRate\": 1e-3";
    private const string Shape = "\"family\": \"qwen2\", \"width\": 16, \"layers\": 1, \"heads\": 2, \"keyValueHeads\": 1, \"mlpWidth\": 32, \"maxPositions\": 128";

    private static SweepFolder Folder(string decoder) => new SweepFolder().With("own.json", Gold, $"\"gold\": {{ \"decoder\": {{ {decoder} }} }}")
        .With("own.json", "\"template\": \"phi-3\"", "\"template\": \"phi-3\", \"split\": { \"rewardModel\": 0.5 }");

    [TestCase(Shape, "Qwen2ForSequenceClassification")]
    [TestCase("\"folder\": \"model\"", "Phi3ForSequenceClassification")]
    public void What_is_trained_is_a_whole_folder_that_scores_alike_when_a_recipe_names_it(string decoder, string architecture)
    {
        using SweepFolder folder = Folder($"{decoder}, {Training}");
        StoredRun trained = Sft(folder);
        Assert.That(folder.Log, Has.Some.Contains("[gold] train: step").And.Some.StartsWith("gold model: held-out accuracy"));
        string judge = Directory.EnumerateDirectories(Path.Combine(folder.Sweeps, "own"), "gold-*").Single();
        Assert.That(Directory.EnumerateFiles(judge).Select(Path.GetFileName), Is.SupersetOf(new[] { "config.json", "model.safetensors", "vocab.json", "merges.txt", "accuracy.json", "steps.jsonl" }));
        JsonElement config = JsonDocument.Parse(File.ReadAllText(Path.Combine(judge, "config.json"))).RootElement;
        Assert.That(config.GetProperty("architectures")[0].GetString(), Is.EqualTo(architecture));
        Assert.That(config.GetProperty("id2label").EnumerateObject().Count(), Is.EqualTo(1));
        Assert.That(config.GetProperty("pad_token_id").ValueKind, Is.EqualTo(JsonValueKind.Number));
        Assert.That(DecoderReward.IsOne(judge), Is.True);

        folder.With("own.json", $"\"decoder\": {{ {decoder}, {Training} }}", $"\"folder\": \"{judge}\", \"maxLength\": 64");
        StoredRun named = Sft(folder);
        Assert.That(folder.Log, Has.None.Contains("train: step"));
        Assert.That(named.Id, Is.Not.EqualTo(trained.Id));
        Assert.That(named.Samples().Select(row => (row.Score, row.ChosenScore)), Is.EqualTo(trained.Samples().Select(row => (row.Score, row.ChosenScore))));
    }

    [Test]
    public void A_trained_judge_is_found_again_and_is_another_where_its_training_is()
    {
        using SweepFolder folder = Folder($"{Shape}, {Training}");
        StoredRun first = Sft(folder);
        Assert.That(Sft(folder).Id, Is.EqualTo(first.Id));
        folder.With("own.json", "\"qwen2\"", "\"llama\"");
        Assert.That(Sft(folder).Id, Is.Not.EqualTo(first.Id));
        folder.With("own.json", "\"learningRate\": 1e-3 } }", "\"learningRate\": 2e-3 } }");
        Assert.That(Sft(folder).Id, Is.Not.EqualTo(first.Id));
    }

    [Test]
    public void A_judge_whose_factors_are_rounded_to_fewer_bits_is_another([Values] bool trained)
    {
        using SweepFolder folder = trained ? Folder($"{Shape}, {Training}") : new();
        Recipe recipe = folder.Load();
        FileHashes hashes = folder.Options.Hashes(TimeProvider.System, _ => { });
        SweepData data = Preflight.Read(recipe, folder.Options, hashes, _ => { });
        string own = Judge(folder.Options);
        Assert.That(Judge(folder.Options with { Tf32 = true }), Is.EqualTo(own), "the CPU rounds nothing");
        Assert.That(Judge(folder.Options with { Device = "cuda:0", Tf32 = true }), Is.Not.EqualTo(own).And.Not.EqualTo(Judge(folder.Options with { Device = "cuda:0" })));

        string Judge(SweepOptions options) => InputFingerprints.Of(recipe, options, data, hashes).Judges.Single();
    }

    [TestCase(Shape + ", \"maxLength\": 200", "own.json(9): $.gold.decoder maxLength 200 is beyond maxPositions 128")]
    [TestCase(Shape + ", \"dropout\": 0.1, \"maxLength\": 64", "own.json(9): $.gold.decoder.dropout is not a known key; known here: ")]
    [TestCase("\"family\": \"bert\", \"maxLength\": 64", "own.json(9): $.gold.decoder.family must be phi3 or llama or ")]
    [TestCase("\"folder\": \"nowhere\", \"maxLength\": 64", "own.json(9): $.gold.decoder.folder names nowhere, which is not there: looked at ")]
    [TestCase("\"folder\": \"model\", \"maxLength\": 900", "own.json(9): $.gold.decoder.maxLength 900 is beyond the model's 256 positions: lower it to 256")]
    public void What_cannot_be_trained_is_told_before_anything_is(string decoder, string fault)
    {
        using SweepFolder folder = Folder(decoder);
        IReadOnlyList<string> faults;
        try
        {
            faults = folder.Faults();
        }
        catch (RecipeException e)
        {
            faults = e.Faults;
        }

        Assert.That(faults, Has.Some.StartsWith(fault));
    }

    [Test]
    public void How_long_a_judge_trains_is_estimated_by_one_batch_of_it()
    {
        using SweepFolder folder = Folder($"{Shape}, \"maxLength\": 64, \"epochs\": 2000, \"batchSize\": 4");
        Recipe recipe = folder.Load();
        SweepData data = SweepData.Read(recipe, folder.Options, _ => { });
        var training = new GoldTraining((TrainedGold)recipe.Judges[0], new(recipe, folder.Options, data, _ => { }), "gold-1", folder.Sweeps);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        double told = training.Seconds(), all = clock.Elapsed.TotalSeconds;
        Assert.That(told, Is.InRange(0.5, all * 2000 * data.Reward.Count), "a step takes above 0.1 ms and less than all of it");
        Directory.CreateDirectory(Path.Combine(folder.Sweeps, "gold-1"));
        Assert.That(training.Seconds(), Is.Zero);
    }

    private static StoredRun Sft(SweepFolder folder)
    {
        folder.Log.Clear();
        using Sweep sweep = folder.Open();
        return sweep.SftWinner(CancellationToken.None);
    }
}
