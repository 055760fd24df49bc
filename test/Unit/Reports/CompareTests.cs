using Alignment.Evaluation;
using Alignment.Recipes;
using Alignment.Reports;
using Alignment.Reports.Compare;
using Alignment.Reports.Tables;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Reports;

/// <summary>Two sweeps beside each other, made of a generated one.</summary>
[NonParallelizable]
public sealed class CompareTests
{
    private readonly string _root = Directory.CreateTempSubdirectory("compare").FullName;
    private StoredSweep _sweep = null!;

    [OneTimeSetUp]
    public void Generate() => _sweep = GeneratedSweep.Write(Path.Combine(_root, "before", "generated"));

    [OneTimeTearDown]
    public void Clean() => Directory.Delete(_root, recursive: true);

    [Test]
    public void A_sweep_beside_its_copy_gives_the_same_answer_and_no_change()
    {
        var pair = new SweepPair(_sweep, Changed("copy", row => row));
        Assert.That((pair.FirstName, pair.SecondName, pair.SamePrompts), Is.EqualTo(("before/generated", "copy/generated", true)));
        Assert.That(CompareAnswer.Of(pair).Select(finding => finding.Text), Is.EqualTo(new[]
        {
            "Both sweeps give the same answer with 1 or 5 runs; neither sweep shows one method to be best with 6 runs.", "DPO's best run shows no change in copy/generated: 0.000 [0.000, 0.000].",
            "LN-DPO's best run shows no change in copy/generated: 0.000 [0.000, 0.000].", "SimPO's best run shows no change in copy/generated: 0.000 [0.000, 0.000].",
        }));
        Assert.That(CompareTables.Transfer(pair).Note, Does.Contain("DPO's ranks correlate with +1.00, LN-DPO's ranks correlate with +1.00 and"));
    }

    [Test]
    public void Two_sweeps_that_both_tell_nothing_apart_are_not_said_to_give_the_same_answer()
    {
        StoredSweep open = _sweep with { Runs = [.. _sweep.Runs.Where(run => run.Point.Method != "SimPO")], Missing = [] };
        var pair = new SweepPair(open, open);
        Assert.That(CompareAnswer.Of(pair)[0].Text, Is.EqualTo("Neither sweep shows one method to be best at any budget they share."));
        Assert.That(CompareTables.Answers(pair).Table.Rows.Select(row => row[3].Text), Is.All.EqualTo("open"));
    }

    [Test]
    public void A_sweep_without_SFT_is_compared_by_its_start_model()
    {
        StoredSweep start = _sweep with { Sft = _sweep.Sft! with { Point = new GridPoint(Grid.Start, Grid.Start, []) } };
        SweepPair both = new(start, start), one = new(_sweep, start);
        Assert.That(Headings(both), Has.One.EqualTo("start score").And.None.Contains("SFT"));
        Assert.That(CompareTables.Changes(both).Note, Does.Contain("own start model instead").And.Not.Contain("SFT"));
        Assert.That(Headings(one), Has.One.EqualTo("start score").And.One.StartsWith("win vs SFT, ").And.One.StartsWith("win vs the start, "));
        Assert.That(Headings(new(_sweep, _sweep)), Has.One.EqualTo("SFT score").And.None.Contains("start"));

        static IEnumerable<string> Headings(SweepPair pair) => CompareTables.Of(pair).SelectMany(table => table.Table.Columns).Select(column => column.Name);
    }

    [TestCase("A", "A", "yes")]
    [TestCase("A", "B", "no")]
    [TestCase("A B", "A B", "open")]
    [TestCase("A B", "B C", "open")]
    [TestCase("A", "A B", "partly")]
    [TestCase("B C", "A", "no")]
    [TestCase("A B", "C D", "no")]
    public void Answers_agree_where_both_name_one_method(string first, string second, string expected) =>
        Assert.That(new SharedBudget(5, first.Split(' '), second.Split(' ')).Agreement, Is.EqualTo(expected));

    [Test]
    public void A_change_of_every_score_is_found_pair_by_pair()
    {
        var pair = new SweepPair(_sweep, Changed("raised", row => row with { Score = row.Score + (row.PromptIndex % 2 == 0 ? 0.2 : 0.1) }));
        Estimate change = CompareTables.BestChange(pair, pair.Shared[0].First, pair.Shared[0].Second);
        Assert.That(change.Value, Is.EqualTo(0.15).Within(1e-12));
        Assert.That((change.Low, change.High), Is.EqualTo((0.13, 0.17)).Using<(double, double)>((a, b) => Math.Abs(a.Item1 - b.Item1) < 0.01 && Math.Abs(a.Item2 - b.Item2) < 0.01));
        Assert.That(CompareTables.Changes(pair).Table.Rows.Select(row => row[6].Text), Is.All.EqualTo("higher"));
    }

    [Test]
    public void Other_prompts_are_compared_by_their_means_and_the_interval_is_wider()
    {
        StoredSweep raised = Changed("raised-too", row => row with { Score = row.Score + 0.15 }), others = Changed("others", row => row with { Score = row.Score + 0.15, Prompt = $"other {row.PromptIndex}" });
        SweepPair paired = new(_sweep, raised), apart = new(_sweep, others);
        Assert.That((paired.SamePrompts, apart.SamePrompts), Is.EqualTo((true, false)));
        Estimate near = CompareTables.BestChange(paired, paired.Shared[2].First, paired.Shared[2].Second), far = CompareTables.BestChange(apart, apart.Shared[2].First, apart.Shared[2].Second);
        Assert.That(far.Value, Is.EqualTo(near.Value).Within(1e-12));
        Assert.That(far.High - far.Low, Is.GreaterThan(10 * (near.High - near.Low) + 0.1));
    }

    [Test]
    public void Every_file_is_written_and_every_sentence_points_at_a_cell()
    {
        var pair = new SweepPair(_sweep, Changed("files", row => row with { Score = -row.Score }));
        string folder = Path.Combine(_root, "compare");
        Assert.That(CompareWriter.Write(pair, folder).Select(Path.GetFileName), Is.EqualTo(new[]
        {
            "compare.md", "stores.csv", "stores.md", "answers.csv", "answers.md", "changes.csv", "changes.md", "transfer.csv", "transfer.md", "transfer.svg", "compare.html",
        }));
        string page = File.ReadAllText(Path.Combine(folder, "compare.html"));
        foreach (Source source in CompareAnswer.Of(pair).SelectMany(finding => finding.Sources))
            Assert.That(page, Does.Contain($" id=\"{source.Anchor}\""), source.ToString());
    }

    [Test]
    public void A_sweep_read_back_from_its_store_is_reported_with_the_same_bytes()
    {
        var pair = new SweepPair(_sweep, SweepFile.Read(Changed("again", row => row).Folder));
        Assert.That(ReportWriter.Files(pair.Second).First(), Is.EqualTo(ReportWriter.Files(pair.First).First()));
        Assert.That(pair.Second.Sweep.Missing.Select(run => run.Error), Is.EqualTo(_sweep.Missing.Select(run => run.Error)));
    }

    // a store of its own with every run's rows changed
    private StoredSweep Changed(string name, Func<SampleRow, SampleRow> change)
    {
        string folder = Path.Combine(_root, name, "generated");
        var store = new RunStore(folder, TimeProvider.System);
        StoredRun Copy(StoredRun run)
        {
            SampleRow[] rows = [.. run.Samples().Select(change)];
            if (store.Find(run.Id) is { } done)
                return done;
            using RunClaim claim = store.Claim(run.Id, _ => { }, CancellationToken.None);
            File.WriteAllLines(Path.Combine(claim.Folder, "samples.jsonl"), rows.Select(SampleFile.Line));
            store.Complete(claim, run.Id, Summaries.Summarise(rows, _sweep.Seed), new RunRecord(run.Id, "generated", _sweep.Seed, run.Point, run.Facts));
            return store.Find(run.Id)!;
        }

        var changed = _sweep with { Folder = folder, SftRuns = [.. _sweep.SftRuns.Select(Copy)], Sft = Copy(_sweep.Sft!), Runs = [.. _sweep.Runs.Select(Copy)] };
        SweepFile.Write(changed);
        return changed;
    }
}
