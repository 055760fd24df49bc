using Alignment.Recipes;
using Alignment.Sweeps;
using Alignment.Tests.Unit.Doctor;
using NUnit.Framework;
using static Alignment.Tests.Unit.Sweeps.ResampleSweepTests;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>A round on-policy by itself: what it takes from another process, and which pairs it refuses.</summary>
[NonParallelizable]
public class ResampleStageTests
{
    [Test]
    public void Whoever_makes_the_pairs_is_waited_for_and_what_it_has_made_is_taken()
    {
        using SweepFolder folder = Folder();
        string file = Prepared(folder), aside = folder.PathOf("aside");
        File.Move(file, aside);
        RunLock other = RunLock.TryTake(Path.Combine(folder.Sweeps, "own", "locks", $"resampled-{Path.GetFileName(Path.GetDirectoryName(file))}.lock"), TimeProvider.System)!;
        folder.Log.Clear();
        using (var sweep = new Sweep(folder.Load(), folder.Options, TimeProvider.System, line =>
        {
            folder.Log.Add(line);
            if (!line.Contains("waiting", StringComparison.Ordinal))
                return;
            File.Move(aside, file);
            File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch);
            other.Dispose();
        }))
            sweep.PrepareResampled(CancellationToken.None);
        Assert.That(folder.Log, Has.One.Match(@"^\[resample\] waiting: process \d+ on .* makes the pairs$"));
        Assert.That(File.GetLastWriteTimeUtc(file), Is.EqualTo(DateTime.UnixEpoch));
    }

    [Test]
    public void Pairs_that_are_none_or_too_few_for_the_schedule_are_refused_with_the_numbers()
    {
        using SweepFolder folder = Folder();
        string file = Prepared(folder);
        ResampledRow[] rows = [.. ResampledPairs.Read(file).Rows];
        void Keep(int pairs) => new ResampledPairs([.. rows.Select((row, place) => place < pairs ? row
            : new ResampledRow(row.Source, place % 3 == 0 ? ResampledRow.Tie : ResampledRow.Identical, null, null))]).Write(file);
        Action again = () => In(folder, sweep => sweep.PrepareResampled(CancellationToken.None));
        Keep(0);
        Assert.That(again, Throws.TypeOf<InvalidDataException>().With.Message.EqualTo("the round on-policy leaves no pair: of 18 training prompts, 6 have responses of one score and 12 responses of one text; "
            + "raise \"responses\" or \"temperature\" of \"resample\", or give a judge that tells responses apart"));
        Keep(3);
        Assert.That(again, Throws.TypeOf<RecipeException>().With.Message.EqualTo("own.json(12): $.preference (DPO): 3 pairs in batches of 8, 1 time(s): no step of 1 has a learning rate above 0 with warmupRatio 0.1, "
            + "so nothing would be trained: lower batchSize, raise epochs, or set warmupRatio to 0"));
    }

    [Test]
    public void What_another_sweep_has_sampled_and_scored_is_taken()
    {
        using SweepFolder folder = Folder();
        string pairs = Prepared(folder), home = Path.GetDirectoryName(pairs)!;
        string[] made = [.. Directory.GetFiles(home).Where(path => path != pairs).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];
        Assert.That(made.Select(name => Path.GetFileNameWithoutExtension(name).Split('-')[^1]), Is.EqualTo(new[] { "1", "2", "3", "1", "2", "3" }), "draws, and their scores");
        folder.With("own.json", "\"name\": \"own\"", "\"name\": \"twin\"").Log.Clear();
        Assert.That(File.ReadAllBytes(Prepared(folder, "twin")), Is.EqualTo(File.ReadAllBytes(pairs)));
        Assert.That(folder.Log.Where(line => line.Contains(": goes on from that of sweep own", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
            Is.EqualTo(made.Select(name => $"[resample] {name}: goes on from that of sweep own")));
        Assert.That(folder.Log, Has.None.StartsWith("[resample] other: "), "nothing is scored");
    }

    // they are in a file, and the pairs are made of them again
    [TestCase("[1]\n"), TestCase("null\n"), TestCase("[1,")]
    public void Scores_that_are_damaged_are_named_and_scored_again_where_the_file_is_deleted(string text)
    {
        using SweepFolder folder = Folder();
        string pairs = Prepared(folder), scores = Directory.GetFiles(Path.GetDirectoryName(pairs)!, "scores-*-2.json").Single(), sound = File.ReadAllText(scores), made = File.ReadAllText(pairs);
        File.Delete(pairs);
        File.WriteAllText(scores, text);
        Assert.That(() => In(folder, sweep => sweep.PrepareResampled(CancellationToken.None)), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{scores}: not a judge's scores of sampled responses; delete it, they are scored again"));
        File.Delete(scores);
        folder.Log.Clear();
        Assert.That(File.ReadAllText(Prepared(folder)), Is.EqualTo(made));
        Assert.That(File.ReadAllText(scores), Is.EqualTo(sound).And.EndsWith("]\n"));
        Assert.That(folder.Log, Has.One.Match(@"^\[resample\] other: \d+ of 18 \([\d.]+ %\) responses were read without their beginning$"));
    }

    // a token that one training prompt has, and nothing that judges are tried on
    [Test]
    public void A_judge_that_has_no_number_for_one_prompt_chooses_no_pair()
    {
        using SweepFolder folder = Folder();
        string prompt = File.ReadLines(folder.PathOf("pairs.jsonl")).Skip(2).First(), all = File.ReadAllText(folder.PathOf("test.jsonl"));
        folder.With("pairs.jsonl", prompt, prompt.Replace("\"prompt\":\"", "\"prompt\":\"Q ", StringComparison.Ordinal));
        int token = folder.Data().Tokenizer.EncodeCutResponse("Q")[0];
        Assert.That(all, Does.Not.Contain("Q"));
        JudgeCheckTests.Spoil(folder.PathOf("other"), network => network.named_parameters().First(item => item.name.EndsWith("embed_in.weight", StringComparison.Ordinal)).parameter[token].fill_(3e38));
        Assert.That(() => Prepared(folder), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo("the scores of other, which chooses the pairs, are not all finite numbers: examine its folder with the doctor"));
        Assert.That(Directory.GetFiles(Path.Combine(folder.Sweeps, "own", "resampled"), "scores-*", SearchOption.AllDirectories), Is.Empty);
    }

    [TestCase(0), TestCase(-1)]
    public void Responses_to_the_longest_prompt_may_fill_the_lengths_and_not_go_beyond(int room)
    {
        using SweepFolder folder = Folder();
        int longest = folder.Data().TrainingPrompts.Max(prompt => prompt.Length);
        folder.With("own.json", "\"maxPrompt\": 40, \"maxTotal\": 100", $"\"maxPrompt\": {longest}, \"maxTotal\": {longest + 6 + room}");
        Assert.That(Faults(folder).Select(fault => fault.Split(": raise")[0]), Is.EqualTo(room == 0 ? [] : new[]
        {
            $"own.json(7): $.data.resample: the longest training prompt has {longest} tokens and with maxNewTokens 6 goes beyond maxTotal {longest + 5}, and what is sampled is trained on whole",
        }));
    }

    // one that decides and one that chooses, each trained from a folder
    [TestCase("copy", "own.json(7): $.data.resample.judge is the judge that decides, gold: "), TestCase("another", null)]
    public void Judges_that_are_trained_are_told_apart_by_what_they_become_and_not_by_their_folder(string folderOfTheOther, string? fault)
    {
        static string Trained(string name) => $"\"decoder\": {{ \"folder\": \"{name}\", \"maxLength\": 64 }}";
        using SweepFolder folder = Folder();
        folder.With("own.json", "\"folder\": \"gold\", \"maxLength\": 64", Trained("model"))
            .With("own.json", "\"folder\": \"other\", \"maxLength\": 64", $"\"name\": \"chooser\", {Trained(folderOfTheOther)}")
            .With("own.json", "\"template\": \"phi-3\"", "\"template\": \"phi-3\", \"split\": { \"rewardModel\": 0.5 }");
        folder.Copy("model", "copy");
        using (var another = Alignment.Models.Decoder.Initialised(DoctorFolder.Config, 2))
            another.Save(folder.PathOf("another"), DoctorFolder.Vocabulary());
        string[] faults = Faults(folder);
        Assert.That(faults, Has.Length.EqualTo(fault == null ? 0 : 1));
        Assert.That(faults, Has.All.StartsWith(fault ?? ""));
    }

    private static string[] Faults(SweepFolder folder)
    {
        Recipe recipe = folder.Load();
        return [.. ResampleCheck.Faults(recipe, folder.Options, SweepData.Read(recipe, folder.Options, _ => { }), folder.Options.Hashes(TimeProvider.System, _ => { }), judgesAreSound: true)];
    }

    // the pairs' file
    private static string Prepared(SweepFolder folder, string name = "own")
    {
        In(folder, sweep => sweep.SftWinner(CancellationToken.None));
        In(folder, sweep => sweep.PrepareResampled(CancellationToken.None));
        return Directory.GetFiles(Path.Combine(folder.Sweeps, name, "resampled"), "pairs-*", SearchOption.AllDirectories).Single();
    }
}
