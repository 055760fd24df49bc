using System.Globalization;
using Alignment.Data.World;
using Alignment.Models.NeoX;
using Alignment.Recipes;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>A finished sweep whose recipe is changed: only what changed is computed, and everything has the bytes of a sweep that began so.</summary>
[NonParallelizable]
public sealed class NothingTwiceTests
{
    private static readonly (string, string) s_warmer = ("\"temperature\": 1.0", "\"temperature\": 0.8");
    private static readonly (string, string) s_fewer = ("\"testPrompts\": 24", "\"testPrompts\": 10");
    private static readonly (string, string) s_more = ("\"testPrompts\": 24", "\"testPrompts\": 30");
    private static readonly (string, string) s_lora =
        ("\"maxPositions\": 128", "\"maxPositions\": 128, \"lora\": { \"rank\": 4, \"alpha\": 8, \"targets\": [\"qkv_proj\", \"o_proj\"] }");

    [TestCase(false, TestName = "Temperature, test prompts, gold model: nothing is trained again")]
    [TestCase(true, TestName = "Temperature, test prompts, gold model with adapters: nothing is trained again")]
    public void Only_what_changed_is_computed(bool lora)
    {
        (string, string)[] policy = lora ? [s_lora] : [];
        using var micro = new MicroSweep(policy);
        string gold = Path.Combine(micro.Sweeps, "..", "gold");
        SaveGold(gold);
        (string, string) judge = ("\"gold\": { \"world\": {} }", $"\"gold\": {{ \"folder\": \"{Path.GetFullPath(gold)}\", \"maxLength\": 64 }}");
        RunAll(micro, micro.Options with { TensorBoard = true });
        Assert.That(Steps(micro), Is.EqualTo(4 * 6), "SFT and three methods, six steps each");
        Assert.That(Directory.EnumerateFiles(Path.Combine(micro.Folder, "tensorboard"), "*tfevents*", SearchOption.AllDirectories).Count(), Is.EqualTo(4));

        micro.Edit([.. policy, s_warmer]);
        RunAll(micro);
        Assert.That(Steps(micro), Is.Zero);
        Assert.That(Sampled(micro), Is.EqualTo(4 * 24));
        AssertAsFresh(micro);

        micro.Edit([.. policy, s_warmer, s_fewer]);
        RunAll(micro);
        Assert.That((Steps(micro), Sampled(micro)), Is.EqualTo((0, 0)));
        AssertAsFresh(micro);

        micro.Edit([.. policy, s_warmer, s_more]);
        RunAll(micro);
        Assert.That(Steps(micro), Is.Zero);
        Assert.That(Sampled(micro), Is.EqualTo(4 * 6), "24 of 30 were sampled before");
        AssertAsFresh(micro);

        micro.Edit([.. policy, s_warmer, s_more, judge]);
        RunAll(micro);
        Assert.That((Steps(micro), Sampled(micro)), Is.EqualTo((0, 0)));
        Assert.That(micro.Log.Count(line => line.EndsWith("only scored", StringComparison.Ordinal)), Is.EqualTo(4), "neither sampled nor measured");
        AssertAsFresh(micro);

        micro.Edit(policy);
        RunAll(micro);
        Assert.That(micro.Log, Has.None.StartsWith("["), "the first recipe's runs are all there");
    }

    [Test]
    public void Weights_of_a_run_that_was_stopped_while_it_sampled_are_kept_for_a_mended_recipe()
    {
        using var micro = new MicroSweep();
        using var stop = new CancellationTokenSource();
        using (Sweep sweep = new(RecipeFile.Load(micro.Edited, "/"), micro.Options, TimeProvider.System, line =>
        {
            micro.Log.Add(line);
            if (line.Contains("generate: ", StringComparison.Ordinal))
                stop.Cancel();
        }))
            Assert.That(() => sweep.SftWinner(stop.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(Steps(micro), Is.EqualTo(6));
        micro.Edit(("\"maxNewTokens\": 24", "\"maxNewTokens\": 16"));
        RunAll(micro);
        Assert.That(Steps(micro), Is.EqualTo(3 * 6), "SFT is not trained again");
        AssertAsFresh(micro);
    }

    [Test]
    public void A_recipe_that_is_refused_for_its_lengths_trains_nothing()
    {
        using var micro = new MicroSweep(("\"maxNewTokens\": 24", "\"maxNewTokens\": 120"));
        using Sweep sweep = micro.Open();
        Assert.That(() => sweep.SftWinner(CancellationToken.None), Throws.TypeOf<RecipeException>());
        Assert.That(Steps(micro), Is.Zero);
    }

    [TestCase(false, TestName = "A recipe of another name takes over models and responses")]
    [TestCase(true, TestName = "A recipe of another name takes over adapters and responses")]
    public void A_recipe_of_another_name_takes_over_models_and_responses(bool lora)
    {
        (string, string)[] policy = lora ? [s_lora] : [];
        using var micro = new MicroSweep(policy);
        RunAll(micro);
        string first = micro.Folder;
        micro.Edit([.. policy, ("\"name\": \"micro\"", "\"name\": \"other\""), s_more]);
        RunAll(micro);
        Assert.That((Steps(micro), Sampled(micro)), Is.EqualTo((0, 4 * 6)));
        AssertAsFresh(micro);
        Directory.Delete(first, recursive: true);

        micro.Edit([.. policy, ("\"name\": \"micro\"", "\"name\": \"other\""), s_more, s_warmer]);
        RunAll(micro);
        Assert.That(Steps(micro), Is.Zero, "they stand in the second folder, too");
        AssertAsFresh(micro);
        Assert.That(Directory.EnumerateFiles(micro.Folder, "adapter_config.json", SearchOption.AllDirectories).Select(File.ReadAllText), Has.None.Contains("/micro/"));
    }

    [Test]
    public void A_byte_changed_in_the_middle_of_the_policy_is_another_model()
    {
        using var micro = new MicroSweep();
        using (Sweep sweep = micro.Open())
            sweep.SftWinner(CancellationToken.None);
        string policy = Path.Combine(micro.Sweeps, "..", "policy"), weights = Path.Combine(policy, "model.safetensors");
        Directory.Move(Directory.EnumerateDirectories(Path.Combine(micro.Folder, "weights")).Single(), policy);
        micro.Edit(("\"policy\": { \"width\": 32, \"layers\": 2, \"heads\": 2, \"keyValueHeads\": 1, \"mlpWidth\": 64, \"maxPositions\": 128 }", "\"policy\": { \"folder\": \"policy\" }"));
        StoredRun first = Sft();
        FlipBit();
        StoredRun changed = Sft();
        Assert.That(changed.Id, Is.Not.EqualTo(first.Id));
        Assert.That(Steps(micro), Is.EqualTo(6), "trained again");
        FlipBit();
        Assert.That(Sft().Id, Is.EqualTo(first.Id));
        Assert.That(Steps(micro), Is.Zero);

        StoredRun Sft()
        {
            micro.Log.Clear();
            using Sweep sweep = micro.Open();
            return sweep.SftWinner(CancellationToken.None);
        }

        void FlipBit()
        {
            byte[] bytes = File.ReadAllBytes(weights);
            bytes[bytes.Length / 2] ^= 1;
            File.WriteAllBytes(weights, bytes);
        }
    }

    [Test]
    public void A_damaged_line_of_responses_is_named_and_without_the_file_they_are_sampled_again()
    {
        using var micro = new MicroSweep();
        using Sweep sweep = micro.Open();
        StoredRun run = sweep.SftWinner(CancellationToken.None);
        string responses = Directory.EnumerateFiles(Path.Combine(micro.Folder, "responses")).Single(), samples = File.ReadAllText(Path.Combine(run.Folder, "samples.jsonl"));
        string[] lines = File.ReadAllLines(responses);
        lines[4] = new string('\0', 40);
        File.WriteAllLines(responses, lines);
        Directory.Delete(run.Folder, recursive: true);
        Assert.That(() => sweep.SftWinner(CancellationToken.None), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{responses}(5): not a response; delete the file, its responses are sampled again"));
        File.Delete(responses);
        Assert.That(File.ReadAllText(Path.Combine(sweep.SftWinner(CancellationToken.None).Folder, "samples.jsonl")), Is.EqualTo(samples));
    }

    // another gold model, as a folder: it reads the world's tokens
    private static void SaveGold(string folder)
    {
        using NeoXReward network = NeoXReward.Create(new NeoXConfig { Vocabulary = EmbeddedWorld.Tokenizer.VocabularySize, Width = 16, Layers = 1, Heads = 2, MlpWidth = 32 }, 5);
        network.Save(folder);
        foreach ((string name, byte[] content) in RecipeTokenizer.Files(RecipeFile.Load(MicroSweep.RecipePath, "/"), new SweepOptions { SweepsFolder = "" }))
            File.WriteAllBytes(Path.Combine(folder, name), content);
    }

    private static void RunAll(MicroSweep micro, SweepOptions? options = null)
    {
        micro.Log.Clear();
        using Sweep sweep = micro.Open(options);
        foreach (GridPoint point in micro.Points)
            sweep.Run(point, CancellationToken.None);
        sweep.Collect(CancellationToken.None);
    }

    private static void AssertAsFresh(MicroSweep micro)
    {
        using var fresh = new MicroSweep();
        File.Copy(micro.Edited, fresh.Edited, overwrite: true);
        fresh.Reload();
        RunAll(fresh);
        foreach (StoredRun run in SweepFile.Read(fresh.Folder) is var sweep ? sweep.SftRuns.Concat(sweep.Runs) : [])
            foreach (string file in new[] { "samples.jsonl", "summary.json" })
                Assert.That(File.ReadAllText(Path.Combine(micro.Folder, run.Id, file)), Is.EqualTo(File.ReadAllText(Path.Combine(run.Folder, file))), $"{run.Id} {file}");
    }

    private static int Steps(MicroSweep micro) => micro.Log.Count(line => line.Contains("train: step", StringComparison.Ordinal));

    // a run's last line is "[…] generate: 30/30 responses"; what was stored before it, "[…] generate: 24 of 30 responses are stored"
    private static int Sampled(MicroSweep micro) => micro.Log.Where(line => line.Contains("generate: ", StringComparison.Ordinal))
        .Select(line => line.Split("generate: ")[1].Split('/', ' ')).Sum(words => words switch
        {
            [var stored, "of", var all, ..] => stored == all ? 0 : -Number(stored),
            [var done, var all, ..] => done == all ? Number(all) : 0,
            _ => 0,
        });

    private static int Number(string digits) => int.Parse(digits, CultureInfo.InvariantCulture);
}
