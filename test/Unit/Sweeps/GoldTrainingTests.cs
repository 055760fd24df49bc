using System.Text.Json.Nodes;
using Alignment.Data;
using Alignment.Models;
using Alignment.Recipes;
using Alignment.Sweeps;
using Alignment.Tests.Unit.Doctor;
using Alignment.Tokenization;
using NUnit.Framework;
using TorchSharp;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>How a judge is trained: what is counted and told, and what stays in its folder.</summary>
[NonParallelizable]
public class GoldTrainingTests
{
    private const string Gold = "\"folder\": \"gold\", \"maxLength\": 64", Neox = "\"neox\": { \"width\": 8, \"layers\": 1, \"heads\": 1, \"mlpWidth\": 8, \"maxLength\": 64, \"epochs\": 1, \"batchSize\": 4 }";

    private static SweepFolder Folder(string gold) => new SweepFolder().With("own.json", Gold, gold).With("own.json", "\"template\": \"phi-3\"", "\"template\": \"phi-3\", \"split\": { \"rewardModel\": 0.5 }");

    // to the token of a pair whose chosen, or whose rejected, response is the longer one
    [TestCase(true), TestCase(false)]
    public void Pairs_of_which_a_side_is_longer_than_it_reads_are_counted(bool chosen)
    {
        using SweepFolder folder = Folder(Neox);
        SweepData data = folder.Data();
        Func<IReadOnlyList<Message>, string, bool, int[]> read = GoldInput.Reader(data.Tokenizer, isWhole: false);
        (int Chosen, int Rejected)[] lengths = [.. data.Reward.Select(pair => (read(pair.Prompt, pair.Chosen, true).Length, read(pair.Prompt, pair.Rejected, true).Length))];
        int most = lengths.Where(pair => pair.Chosen != pair.Rejected && pair.Chosen > pair.Rejected == chosen).Select(pair => Math.Max(pair.Chosen, pair.Rejected)).Order().Last() - 1;
        int cut = lengths.Count(pair => Math.Max(pair.Chosen, pair.Rejected) > most);
        Assert.That(cut, Is.InRange(1, lengths.Length - 1).And.Not.EqualTo(lengths.Count(pair => Math.Min(pair.Chosen, pair.Rejected) > most)));
        Prepare(folder.With("own.json", "\"maxLength\": 64", $"\"maxLength\": {most}"));
        Assert.That(folder.Log, Has.One.EqualTo($"[gold] train: {new Share(cut, lengths.Length)} pairs lose their beginning to the gold model's maxLength {most}"));
    }

    [Test]
    public void It_is_waited_for_where_another_process_trains_it_and_nothing_stays_of_a_training_that_was_killed()
    {
        using SweepFolder free = Folder(Neox), held = Folder(Neox);
        Prepare(free);
        string name = Path.GetFileName(Directory.EnumerateDirectories(Path.Combine(free.Sweeps, "own"), "gold-*").Single()), folder = Path.Combine(held.Sweeps, "own", name);
        Directory.CreateDirectory(folder + ".work/model/old");
        File.WriteAllText(folder + ".work/model/old/part", "half");
        RunLock other = RunLock.TryTake(Path.Combine(held.Sweeps, "own", "locks", name + ".lock"), TimeProvider.System)!;
        bool isBegun = false;
        using (var sweep = new Sweep(held.Load(), held.Options, TimeProvider.System, line =>
        {
            held.Log.Add(line);
            if (isBegun) // whoever is waited for goes
                other.Dispose();
        }))
        {
            sweep.Check();
            isBegun = true;
            sweep.PrepareJudges(CancellationToken.None);
        }

        Assert.That(held.Log, Has.One.Match(@"^\[gold\] waiting: process \d+ on .* trains it$"));
        Assert.That(Files(held), Is.EqualTo(Files(free)));
        Assert.That(File.ReadAllText(Path.Combine(folder, "accuracy.json")), Does.Match("^{\"Right\":\\d,\"Total\":\\d,\"Ties\":\\d}\n$"));
        Assert.That(Directory.Exists(folder + ".work"), Is.False);

        string[] Files(SweepFolder of) => [.. Directory.EnumerateFileSystemEntries(Path.Combine(of.Sweeps, "own", name), "*", SearchOption.AllDirectories).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
    }

    // of two ends the folder and the tokenizer name one each
    [TestCase(766, "[767, 766]", "766"), TestCase(767, "766", "767"), TestCase(765, "766", null)]
    public void A_token_that_ends_for_the_folder_or_for_the_tokenizer_and_pads_is_told(int padding, string ends, string? told)
    {
        using SweepFolder folder = Folder("\"decoder\": { \"folder\": \"begun\", \"maxLength\": 32, \"epochs\": 1, \"batchSize\": 4 }");
        Directory.CreateDirectory(folder.PathOf("begun"));
        foreach (string file in new[] { "config.json", "model.safetensors", "vocab.json", "merges.txt" })
            File.Copy(folder.PathOf("model/" + file), folder.PathOf("begun/" + file));
        JsonNode config = JsonNode.Parse(File.ReadAllText(folder.PathOf("begun/config.json")))!;
        (config["pad_token_id"], config["eos_token_id"]) = (padding, JsonNode.Parse(ends));
        folder.Write("begun/config.json", config.ToJsonString());
        Prepare(folder);
        Assert.That(folder.Log.Where(line => line.Contains("ends and pads", StringComparison.Ordinal)).Select(line => line.Split('(', ')')[1]), Is.EqualTo(told == null ? [] : new[] { told }));
    }

    [Test]
    public void One_that_begins_with_a_reward_model_says_so_and_is_a_folder_with_its_template()
    {
        using SweepFolder folder = Folder("\"decoder\": { \"folder\": \"judge\", \"maxLength\": 64, \"epochs\": 1, \"batchSize\": 4 }");
        using (var judge = DecoderReward.Create(DoctorFolder.Config, 1, Placement.Of(Precision.Float32, torch.CPU)))
            judge.Save(folder.PathOf("judge"), new[] { "vocab.json", "merges.txt" }.ToDictionary(name => name, name => File.ReadAllBytes(folder.PathOf("model/" + name))));
        Prepare(folder);
        Assert.That(folder.Log, Has.One.EqualTo("[gold] train: begins with the reward model of judge"));
        Assert.That(Directory.EnumerateFiles(Directory.EnumerateDirectories(Path.Combine(folder.Sweeps, "own"), "gold-*").Single()).Select(Path.GetFileName),
            Is.SupersetOf(new[] { "vocab.json", "merges.txt", "chat_template.jinja", "steps.jsonl", "config.json" }));
    }

    // a step is timed as a millionth of a second at least, and no epoch is shorter than its first batch
    [Test]
    public void The_time_of_its_training_grows_with_the_epochs_and_is_none_where_it_is_stored()
    {
        using SweepFolder folder = Folder(Neox);
        double one = Seconds();
        Assert.That(one, Is.GreaterThanOrEqualTo(1e-6));
        folder.With("own.json", "\"epochs\": 1, \"batchSize\": 4", "\"epochs\": 1000000, \"batchSize\": 4");
        Assert.That(Seconds() / one, Is.GreaterThan(1000));
        Directory.CreateDirectory(Path.Combine(folder.Sweeps, "gold-1"));
        Assert.That(Seconds(), Is.Zero);

        double Seconds()
        {
            Recipe recipe = folder.Load();
            SweepData data = SweepData.Read(recipe, folder.Options, _ => { });
            return new GoldTraining((TrainedGold)recipe.Judges[0], new(recipe, folder.Options, data, _ => { }), "gold-1", folder.Sweeps).Seconds();
        }
    }

    private static void Prepare(SweepFolder folder)
    {
        using Sweep sweep = folder.Open();
        sweep.PrepareJudges(CancellationToken.None);
    }
}
