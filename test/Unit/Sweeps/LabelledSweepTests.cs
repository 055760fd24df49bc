using System.Text.Json;
using Alignment.Data;
using Alignment.Data.World;
using Alignment.Evaluation;
using Alignment.Recipes;
using Alignment.Reports;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>Sweeps on responses that are labelled one by one.</summary>
[NonParallelizable]
internal sealed class LabelledSweepTests
{
    private const string Methods = "\"methods\": { \"DPO\": { \"beta\": [0.1] } }", OnLabels = "\"methods\": { \"KTO\": { \"beta\": [0.1, 0.5], \"desirableWeight\": [1.5] }, \"APO-zero\": { \"beta\": [0.1] } }",
        Train = "\"train\": { \"format\": \"pairs\", \"file\": \"pairs.jsonl\" }", Given = "the training data labels responses one by one (format unpaired)";

    [Test]
    public void What_needs_pairs_is_refused_with_what_would_fit()
    {
        using SweepFolder folder = Folder();
        Assert.That(folder.Faults(), Is.Empty);
        folder.With("own.json", OnLabels, "\"methods\": { \"DPO\": { \"beta\": [0.1, 1] }, \"KTO\": { \"beta\": [0.1] }, \"SimPO\": { \"beta\": [2], \"gamma\": [1] } }");
        Assert.That(folder.Faults(), Is.EqualTo(new[] { $"own.json(13): $.methods: DPO, SimPO need pairs, and {Given}: KTO and APO-zero train on those; leave out what does not, or give pairs" }));
        folder.With("own.json", "\"DPO\": { \"beta\": [0.1, 1] }, ", "").With("own.json", ", \"SimPO\": { \"beta\": [2], \"gamma\": [1] }", "")
            .With("own.json", "\"template\": \"phi-3\"", "\"template\": \"phi-3\", \"split\": { \"rewardModel\": 0.2 }");
        Assert.That(folder.Faults(), Is.EqualTo(new[] { $"own.json(7): $.data.split: \"rewardModel\" keeps rows for a gold model that is trained on pairs, and {Given}: leave it out" }));
        folder.With("own.json", "\"gold\": { \"folder\": \"gold\", \"maxLength\": 64 }", "\"gold\": { \"neox\": { \"width\": 16, \"layers\": 1, \"heads\": 2, \"mlpWidth\": 32, \"maxLength\": 64 } }");
        Assert.That(folder.Faults(), Is.EqualTo(new[] { $"own.json(9): $.gold is trained on pairs, and {Given}: name a reward model's folder instead (\"folder\" and \"maxLength\")" }));
    }

    [Test]
    public void A_round_on_policy_is_refused()
    {
        using SweepFolder folder = Folder();
        folder.Copy("gold", "chooser");
        folder.With("own.json", "\"template\": \"phi-3\"", "\"template\": \"phi-3\", \"resample\": { \"responses\": 2, \"judge\": { \"folder\": \"chooser\", \"maxLength\": 64 } }");
        Assert.That(folder.Faults(), Has.Some.EqualTo($"own.json(7): $.data.resample makes pairs for the methods to train on a second time, and {Given}: leave it out, or give pairs"));
    }

    [Test]
    public void Labels_that_leave_nothing_to_learn_are_refused()
    {
        using SweepFolder folder = Folder();
        folder.Write("labels.jsonl", string.Join('\n', Enumerable.Range(0, 20).Select(i => Row("one prompt", $"answer {i}", false))));
        Assert.That(folder.Faults(), Is.EqualTo(new[]
        {
            "own.json(4): $.data: all training rows have the same prompt, and KTO compares with responses to others: give rows with at least two prompts",
            "own.json(11): $.sft: no response is labelled desirable, and SFT learns those: leave \"sft\" out, or give rows whose label is true",
            "own.json(11): $.sft (SFT): 0 pairs in batches of 8, 1 time(s): no step of 0 has a learning rate above 0 with warmupRatio 0.1, so nothing would be trained: lower batchSize, raise epochs, or set warmupRatio to 0",
        }));
        folder.WithoutSft().With("own.json", "\"KTO\": { \"beta\": [0.1, 0.5], \"desirableWeight\": [1.5] }, ", "");
        Assert.That(folder.Faults(), Is.Empty, "APO-zero compares with nothing");
    }

    [Test]
    public void Rows_are_split_checked_for_leaks_and_told()
    {
        using SweepFolder folder = Folder(test: false);
        using Sweep sweep = folder.Open();
        sweep.Check();
        Assert.That(folder.Log, Has.Some.Match(@"^labels\.jsonl: read as unpaired: prompt = prompt, completion = completion, label = label; told by the recipe$")
            .And.Some.Match(@"^training rows: \d+ labelled responses; cut: ").And.Some.Match(@"^training: \d+ of \d+ responses are labelled desirable; SFT learns these$")
            .And.Some.StartWith("test prompts: they come with no pairs, so that "));
        SweepData data = folder.Data();
        HashSet<string> trained = [.. data.Training.Select(row => string.Join(',', row.Prompt))];
        Assert.That(data.TestPrompts.Select(prompt => string.Join(',', prompt)).Where(trained.Contains), Is.Empty, "no prompt is on both sides, whatever its label");
        Assert.That((data.TestHasPairs, data.HeldOut.Count, data.Test.Count), Is.EqualTo((false, 0, 4)));
        Assert.That((data.SftRows.Count, data.PreferenceRows.Count), Is.EqualTo((data.Facts.Labels!.Desirable, data.Training.Count)));
        Assert.That(data.SftRows.Select(row => row.IsDesirable), Is.All.True);
        Assert.That((data.Facts.TestHasNoPairs, data.Facts.Labels.Desirable + data.Facts.Labels.Undesirable), Is.EqualTo((true, data.Training.Count)));
        Assert.That(StartCheck.Of(folder.Examined("labels.jsonl"), folder.Options).Single().ToString(), Is.EqualTo($"ok    nothing keeps the sweep from starting: {data.Training.Count} labelled responses, 4 test prompts"));
    }

    [Test]
    public void The_fingerprint_of_what_is_trained_on_tells_labels_order_and_mismatched_responses()
    {
        string[] rows = [.. Rows(10)];
        HashSet<string> prints = [Print(rows), Print([.. rows.Reverse()]), Print([.. rows[..9], rows[9].Replace("\"label\":true", "\"label\":0", StringComparison.Ordinal).Replace("\"label\":false", "\"label\":1", StringComparison.Ordinal)])];
        Assert.That(prints, Has.Count.EqualTo(3));
        Assert.That(Print(rows), Is.EqualTo(prints.First()));
        Assert.That(Print(rows, "60"), Is.Not.EqualTo(Print(rows, "44")), "a mismatched response is cut there, if no row's own is");

        static string Print(string[] rows, string maxTotal = "100")
        {
            using SweepFolder folder = Folder();
            folder.Write("labels.jsonl", string.Join('\n', rows));
            folder.With("own.json", "\"maxTotal\": 100", $"\"maxTotal\": {maxTotal}");
            return folder.Data().TrainingFingerprint();
        }
    }

    [Test]
    public void Fingerprints_tell_the_same_response_s_label_and_the_prompts_ids()
    {
        TokenizedPair good = new("1", [1, 2], [3], [], false, false), bad = good with { Chosen = [], Rejected = [3] }, other = new("2", [4], [5], [], false, false);
        Assert.That(Training(good, other), Is.Not.EqualTo(Training(bad, other)));
        Assert.That(Prompts([1, 2]), Is.Not.EqualTo(Prompts([1, 3])));

        static string Training(params TokenizedPair[] rows) => (BareData.Of(rows) with { Labelled = LabelledRows.Of(rows, 10) }).TrainingFingerprint();
        static string Prompts(int[] prompt) => (BareData.Of() with { TestPrompts = [prompt] }).PromptsFingerprint();
    }

    [Test]
    public void With_test_prompts_alone_a_sweep_runs_to_its_report_and_what_needs_pairs_is_unknown_everywhere()
    {
        using SweepFolder folder = Folder(test: false);
        StoredSweep stored = Run(folder);
        Assert.That(stored.Runs.Select(run => run.Point.Slug), Is.EqualTo(new[] { "KTO-b0.1-wd1.5-lr1e-3-e1", "KTO-b0.5-wd1.5-lr1e-3-e1", "APO-zero-b0.1-lr1e-3-e1" }));
        foreach (StoredRun run in stored.Runs)
        {
            Assert.That((run.Summary.WinVsChosen.Value, run.Summary.Moved), Is.EqualTo((double.NaN, (Moved?)null)));
            Assert.That(run.Samples().Select(row => (row.Chosen, row.ChosenScore)), Is.All.EqualTo(("", double.NaN)));
            Assert.That(double.IsFinite(run.Summary.WinVsSft.Value) && double.IsFinite(run.Summary.MeanScore.Value));
            Assert.That(File.Exists(Path.Combine(run.Folder, "held-out.jsonl")), Is.False);
        }

        Assert.That((stored.Judge!.Pairs, Directory.Exists(Path.Combine(stored.Folder, "judges"))), Is.EqualTo((0, false)));
        string page = File.ReadAllText(Path.Combine(stored.Folder, "report.html"));
        Assert.That(page, Does.Contain("gold, unchecked: no test pairs").And.Contain("labelled responses").And.Not.Contain("win vs chosen").And.Not.Contain(">NaN"));
        Assert.That(page, Does.Contain("Wins against chosen responses are left out: the test prompts come with no pairs."));
        string[] runs = File.ReadAllLines(Path.Combine(stored.Folder, "runs.csv"));
        int column = Array.IndexOf(runs[0].Split(','), "win_vs_chosen");
        Assert.That(runs.Skip(1).Select(row => row.Split(',')[column]), Is.All.Empty);
        Assert.That(File.ReadAllText(Path.Combine(stored.Folder, "recommendation.md")), Does.Contain("is unchecked: the test prompts come with no pairs that tell whether it prefers what people prefer"));
    }

    [Test]
    public void With_test_pairs_wins_accuracy_and_drift_are_known()
    {
        using SweepFolder folder = Folder();
        StoredSweep stored = Run(folder);
        Assert.That(stored.Runs, Has.Count.EqualTo(3));
        foreach (StoredRun run in stored.Runs)
        {
            Assert.That(run.Summary.WinVsChosen.Value, Is.InRange(0, 1));
            Assert.That(run.Summary.Moved!.Pairs, Is.EqualTo(4));
        }

        Assert.That(stored.Judge!.Pairs, Is.EqualTo(4));
        Assert.That(File.ReadAllText(Path.Combine(stored.Folder, "report.html")), Does.Contain("win vs chosen").And.Contain("labelled responses"));
        StoredRun kto = stored.Runs[0];
        string step = File.ReadLines(Path.Combine(kto.Folder, "steps.jsonl")).First();
        Assert.That(step, Does.Contain("\"kl\":").And.Contain("\"rewards/chosen\":").And.Not.Contain("rewards/margins"));
    }

    // APO-zero reads each response alone, KTO a mismatched one beside it
    [Test]
    public void The_tokens_that_are_told_beforehand_are_those_that_are_trained_on()
    {
        using SweepFolder folder = Folder();
        var work = new SweepWork(folder.Load(), folder.Data());
        StoredSweep stored = Run(folder);
        Assert.That(stored.SftRuns.Concat(stored.Runs).Select(run => Trained(run.Folder)), Is.EqualTo(stored.SftRuns.Concat(stored.Runs).Select(run => work.Tokens(run.Point))));

        static long Trained(string folder) => JsonDocument.Parse(File.ReadLines(Path.Combine(folder, "steps.jsonl")).Last()).RootElement.GetProperty("num_tokens").GetInt64();
    }

    // a store that is there is gone on with: nothing twice, the same bits
    [Test]
    public void A_second_sweep_finds_all_and_a_new_one_has_the_same_bits()
    {
        using SweepFolder folder = Folder(), other = Folder();
        StoredSweep first = Run(folder);
        folder.Log.Clear();
        StoredSweep second = Run(folder), fresh = Run(other);
        Assert.That(folder.Log, Has.None.Contains("] train:"));
        Assert.That(second.Runs.Select(run => run.Id), Is.EqualTo(first.Runs.Select(run => run.Id)));
        Assert.That(fresh.Runs.Select(run => (run.Id, File.ReadAllText(Path.Combine(run.Folder, "samples.jsonl")))),
            Is.EqualTo(first.Runs.Select(run => (run.Id, File.ReadAllText(Path.Combine(run.Folder, "samples.jsonl"))))));
    }

    private static StoredSweep Run(SweepFolder folder)
    {
        using Sweep sweep = folder.Open();
        foreach (GridPoint point in Grid.PreferencePoints(folder.Load()))
            sweep.Run(point, CancellationToken.None);
        StoredSweep stored = sweep.Collect(CancellationToken.None);
        ReportWriter.Write(stored);
        return stored;
    }

    /// <summary>Labelled rows to train on; test pairs, or a part of these rows.</summary>
    internal static SweepFolder Folder(bool test = true)
    {
        SweepFolder folder = new SweepFolder().With("own.json", Methods, OnLabels).With("own.json", Train, "\"train\": { \"format\": \"unpaired\", \"file\": \"labels.jsonl\" }");
        if (!test)
            folder.With("own.json", "\"test\": { \"format\": \"pairs\", \"file\": \"test.jsonl\" }", "\"split\": { \"test\": 0.3 }");
        folder.Write("labels.jsonl", string.Join('\n', Rows(24)) + "\n");
        return folder;
    }

    // some prompts twice, with both labels
    private static IEnumerable<string> Rows(int pairs) => EmbeddedWorld.TrainingPairs(7, pairs).SelectMany((pair, i) => new[]
    {
        i % 3 == 2 ? [] : new[] { Row(pair.Prompt[^1].Text, pair.Chosen, true) },
        i % 3 == 0 ? [] : new[] { Row(pair.Prompt[^1].Text, pair.Rejected, false) },
    }.SelectMany(rows => rows));

    private static string Row(string prompt, string completion, bool label) => JsonSerializer.Serialize(new { prompt, completion, label });
}
