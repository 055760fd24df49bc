using System.Text.Json;
using Alignment.Recipes;
using Alignment.Reports;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>Several judges of one sweep.</summary>
[NonParallelizable]
public class JudgesTests
{
    private const string One = "\"gold\": { \"folder\": \"gold\", \"maxLength\": 64 }",
        Two = "\"gold\": [ { \"folder\": \"gold\", \"maxLength\": 64 }, { \"folder\": \"other\", \"maxLength\": 64, \"name\": \"second\" } ]";

    private static SweepFolder Folder()
    {
        var folder = new SweepFolder();
        SweepFolder.SaveGold(folder.PathOf("other"), seed: 2);
        return folder;
    }

    private static StoredSweep Run(SweepFolder folder)
    {
        folder.Log.Clear();
        using Sweep sweep = folder.Open();
        foreach (GridPoint point in Grid.PreferencePoints(folder.Load()))
            sweep.Run(point, CancellationToken.None);
        return sweep.Collect(CancellationToken.None);
    }

    private static Dictionary<string, string> Results(StoredSweep sweep) => sweep.SftRuns.Concat(sweep.Runs)
        .SelectMany(run => new[] { "samples.jsonl", "summary.json" }.Select(name => Path.Combine(run.Folder, name))).ToDictionary(path => Path.GetFileName(Path.GetDirectoryName(path)!) + Path.GetFileName(path), File.ReadAllText);

    [Test]
    public void A_judge_added_to_a_finished_sweep_scores_what_is_stored_and_the_first_ones_results_keep_their_bytes()
    {
        using SweepFolder folder = Folder();
        Dictionary<string, string> alone = Results(Run(folder));
        folder.With("own.json", One, Two);
        using (Sweep sweep = folder.Open())
            Assert.That(sweep.Plan().Take(3), Is.EqualTo(new[]
            {
                "runs: 2 to do, 0 done; to do by method: SFT 1 of 1, DPO 1 of 1",
                "tokens: 0 to train on, at most 0 to sample: each run answers 4 test prompts with up to 6 tokens",
                "judges: gold 0 of 2 runs to score, second 2 of 2 runs to score",
            }));
        StoredSweep both = Run(folder);
        Assert.That(folder.Log, Has.None.Contains("train: step").And.None.Contains("generate: "));
        Assert.That(folder.Log.Where(line => line.EndsWith("only scored", StringComparison.Ordinal)), Has.Exactly(2).Contains("second: responses: those of "));
        Assert.That(folder.Log, Has.None.StartsWith("gold: gold model: template"), "the first judge is not even opened");
        Assert.That(Results(both), Is.EqualTo(alone));
        StoredRun first = both.Runs.Single(), second = both.ByOthers.Single().Runs.Single();
        Assert.That(second.Samples().Select(row => row.Response), Is.EqualTo(first.Samples().Select(row => row.Response)));
        Assert.That(second.Samples().Select(row => row.Score), Is.Not.EqualTo(first.Samples().Select(row => row.Score)));
        Assert.That(second.Samples().Select(row => row.SftScore), Is.EqualTo(both.ByOthers[0].Sft!.Samples().Select(row => row.Score)));
        Assert.That(second.Weights, Is.EqualTo(first.Weights));
        using (Sweep sweep = folder.Open())
            Assert.That(sweep.Run(first.Point, CancellationToken.None).Id, Is.EqualTo(first.Id), "the first judge's");
        Assert.That(folder.Log, Has.Some.Contains("responses were read by judge second without their beginning").And.None.Contains("read by judge gold"));
        foreach (string file in new[] { "steps.jsonl", "held-out.jsonl" })
            Assert.That(File.ReadAllText(Path.Combine(second.Folder, file)), Is.EqualTo(File.ReadAllText(Path.Combine(first.Folder, file))));

        Assert.That(Run(folder).ByOthers[0].Runs, Has.Count.EqualTo(1));
        Assert.That(folder.Log, Has.None.StartsWith("[").And.None.Contains("gold model: template"), "all is stored, and no judge is opened");
    }

    [Test]
    public void Several_judges_from_the_start_give_what_each_gives_alone_and_a_report_that_names_both()
    {
        using SweepFolder folder = Folder(), other = Folder();
        folder.With("own.json", One, Two);
        StoredSweep both = Run(folder), alone = Run(other);
        Assert.That(Results(both), Is.EqualTo(Results(alone)));
        other.With("own.json", "\"folder\": \"gold\"", "\"folder\": \"other\"");
        Assert.That(Results(both.ByOthers[0]), Is.EqualTo(Results(Run(other))));
        ReportWriter.Write(both);
        string advice = File.ReadAllText(Path.Combine(both.Folder, "recommendation.md"));
        Assert.That(advice, Does.Contain("gold puts the chosen response").And.Contain("second puts the chosen response").And.Contain("gold and second put "));
        Assert.That(Path.Combine(both.Folder, "judges", "second", "table1.md"), Does.Exist);
    }

    [Test]
    public void A_list_of_one_judge_is_one_judge()
    {
        using SweepFolder folder = Folder();
        StoredSweep plain = Run(folder);
        folder.With("own.json", One, One.Replace("{", "[ {", StringComparison.Ordinal).Replace("}", "} ]", StringComparison.Ordinal));
        StoredSweep listed = Run(folder);
        Assert.That(listed.Runs.Select(run => run.Id), Is.EqualTo(plain.Runs.Select(run => run.Id)));
        Assert.That(listed.ByOthers, Is.Empty);
        Assert.That(folder.Log, Has.None.StartsWith("["));
    }

    [Test]
    public void The_accuracy_on_the_test_sets_pairs_is_stored_once_a_judge()
    {
        using SweepFolder folder = Folder();
        StoredSweep sweep = Run(folder);
        string file = Directory.EnumerateFiles(Path.Combine(sweep.Folder, "judges")).Single();
        JsonElement judged = JsonDocument.Parse(File.ReadAllText(file)).RootElement;
        double[] Scores(string side) => [.. judged.GetProperty(side).EnumerateArray().Select(score => score.GetDouble())];
        (double[] chosen, double[] rejected) = (Scores("chosen"), Scores("rejected"));
        Assert.That(chosen, Is.EqualTo(sweep.Sft!.Samples().Select(row => row.ChosenScore)));
        Assert.That((sweep.Judge!.Name, sweep.Judge.Model, sweep.Judge.Pairs), Is.EqualTo(("gold", "gold", 4)));
        Assert.That(sweep.Judge.Right, Is.EqualTo(chosen.Zip(rejected).Count(pair => pair.First > pair.Second)));
        Assert.That(folder.Log, Has.One.Match(@"^gold model: accuracy on the test set's pairs \d\.\d{3} \(.* of 4 pairs\)$"));

        File.WriteAllText(file, "[1]");
        Assert.That(() => Run(folder), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{file}: not a judge's scores of the test set's responses; delete it, they are scored again"));
    }

    [Test]
    public void Scores_that_are_no_numbers_stop_a_sweep_before_anything_is_trained_and_are_not_asked_for_twice()
    {
        using SweepFolder folder = Folder();
        JudgeCheckTests.Spoil(folder.PathOf("gold"));
        using Sweep sweep = folder.Open();
        foreach (int _ in new[] { 1, 2 })
            Assert.That(() => sweep.SftWinner(CancellationToken.None), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
                "the gold model's scores of the test set's own responses are not all finite numbers: examine its folder with the doctor"));
        Assert.That(folder.Log.Count(line => line.Contains("train: step", StringComparison.Ordinal)), Is.Zero);
        Assert.That(Directory.Exists(Path.Combine(folder.Sweeps, "own", "judges")), Is.False);
    }

    [Test]
    public void Runs_of_a_judge_that_is_still_asked_for_are_not_pruned()
    {
        using SweepFolder folder = Folder();
        folder.With("own.json", One, Two);
        StoredSweep both = Run(folder);
        Assert.That(Prune.Find(both.Folder), Is.Empty);
        string[] judged = Directory.GetFiles(Path.Combine(both.Folder, "judges"), "*.json");
        string second = judged.Single(file => JsonDocument.Parse(File.ReadAllText(file)).RootElement.GetProperty("chosen").EnumerateArray().Select(score => score.GetDouble())
            .SequenceEqual(both.ByOthers[0].Sft!.Samples().Select(row => row.ChosenScore)));
        folder.With("own.json", Two, One);
        Run(folder);
        IReadOnlyList<Unused> unused = Prune.Find(both.Folder);
        Assert.That(unused.Select(item => Path.Combine(both.Folder, item.Path)), Is.EquivalentTo(both.ByOthers[0].SftRuns.Concat(both.ByOthers[0].Runs).Select(run => run.Folder).Append(second)));
        Assert.That(Prune.Remove(both.Folder, unused, TimeProvider.System), Is.EqualTo(unused));
        Assert.That(Directory.GetFiles(Path.Combine(both.Folder, "judges"), "*.json"), Is.EqualTo(judged.Except([second])));
    }

    [TestCase("\"folder\": \"other\"", "\"folder\": \"nowhere\"", "own.json(9): $.gold[1].folder names nowhere, which is not there: looked at ")]
    [TestCase("\"folder\": \"other\", \"maxLength\": 64", "\"folder\": \"other\", \"maxLength\": 640", "own.json(9): $.gold[1].maxLength 640 is beyond the gold model's 128 positions: lower it to 128")]
    [TestCase(", \"name\": \"second\"", ", \"name\": \"Gold\"", "own.json(9): $.gold[1] is the second judge of the name \"Gold\" (letters and digits count); give each a \"name\" of its own")]
    [TestCase(", \"name\": \"second\"", ", \"name\": \"a/b\"", "own.json(9): $.gold[1] name \"a/b\" becomes a folder's name")]
    [TestCase("{ \"folder\": \"gold\", \"maxLength\": 64 }, ", "3, ", "own.json(9): $.gold[0] must be an object, was 3")]
    public void A_faulty_judge_is_told_by_its_place(string piece, string replacement, string fault)
    {
        using SweepFolder folder = Folder().With("own.json", One, Two).With("own.json", piece, replacement);
        Assert.That(FaultsOf(folder), Has.Some.StartsWith(fault));
    }

    private static IReadOnlyList<string> FaultsOf(SweepFolder folder)
    {
        try
        {
            return folder.Faults();
        }
        catch (RecipeException e)
        {
            return e.Faults;
        }
    }
}
