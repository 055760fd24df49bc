using Alignment.Evaluation;
using Alignment.Recipes;
using Alignment.Sweeps;
using Alignment.Sweeps.Slurm;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps.Slurm;

public sealed class SlurmStatusTests
{
    private static readonly SubmittedJobs s_jobs = new([new("sft", "14", 1), new("preference", "17", 4), new("report", "18", 1)]);

    [Test]
    public void Points_are_told_by_method_with_what_failed_the_time_left_and_the_jobs() => Assert.That(SlurmStatus.Lines(
        new("mine", "/store/mine",
        [
            Done("SFT", "a"), Done("DPO", "b"), new(new("DPO", "c", []), null, "process 4 on n1", "an older failure"), new(new("DPO", "d", []), null, "process 5 on n2", null),
            new(new("SimPO", "e", []), null, null, "the loss is NaN"), new(new("SimPO", "f", []), null, null, null),
        ], SecondsLeft: 7200),
        s_jobs, [new("17", "RUNNING"), new("17", "PENDING"), new("17", "RUNNING"), new("18", "PENDING"), new("3", "RUNNING")]), Is.EqualTo(new[]
        {
            "mine: 2 of 6 points done, 2 running, 1 failed; /store/mine",
            "  SFT             1 of 1 done, 0 running, 0 failed",
            "  DPO             1 of 3 done, 2 running, 0 failed",
            "  SimPO           0 of 2 done, 0 running, 1 failed",
            "running: c: process 4 on n1",
            "running: d: process 5 on n2",
            "failed: e: the loss is NaN",
            "time left: about 60 min with 2 runs at a time",
            "job 14: sft, 1 ended",
            "job 17: preference, 1 pending, 2 running, 1 ended",
            "job 18: report, 1 pending",
        }));

    [Test]
    public void Before_the_first_run_nothing_is_known_of_time_and_after_the_last_nothing_is_left()
    {
        Assert.That(SlurmStatus.Lines(new("mine", "/store", [new(new("SFT", "a", []), null, null, null)], null), null, []), Is.EqualTo(new[]
        {
            "mine: 0 of 1 points done, 0 running, 0 failed; /store", "  SFT             0 of 1 done, 0 running, 0 failed", "time left: known when a run that was trained is finished",
        }));
        Assert.That(SlurmStatus.Lines(new("mine", "/store", [Done("SFT", "a")], 0), null, []), Has.Exactly(2).Items);
    }

    [Test]
    public void What_runs_is_told_for_one_run_at_a_time_and_the_report_where_it_stands()
    {
        using var folder = new Alignment.Tests.Unit.Training.TemporaryFolder();
        PointState open = new(new("DPO", "b", []), null, null, null);
        Assert.That(SlurmStatus.Lines(new("mine", folder.Path, [Done("SFT", "a"), open], SecondsLeft: 50), null, [])[^1], Is.EqualTo("time left: about 50 s with one run at a time"));
        Assert.That(SlurmStatus.Lines(new("mine", folder.Path, [open with { Holder = "p" }, open with { Holder = "q" }, open], SecondsLeft: 90), null, [])[^1], Is.EqualTo("time left: about 45 s with 2 runs at a time"));
        File.WriteAllText(folder.File("report.html"), "");
        Assert.That(SlurmStatus.Lines(new("mine", folder.Path, [Done("SFT", "a")], 0), null, [])[^1], Is.EqualTo($"report: {folder.File("report.html")}"));
        Assert.That(SlurmStatus.Lines(new("mine", folder.Path, [Done("SFT", "a"), open], 0), null, []), Has.None.StartsWith("report"));
    }

    private static PointState Done(string method, string slug)
    {
        var point = new GridPoint(method, slug, []);
        RunSummary summary = Summaries.Summarise([new SampleRow
        {
            PromptIndex = 0, Prompt = "p", Chosen = "c", Response = "r", Tokens = [1], Ended = true, Score = 1, ChosenScore = 1, SftScore = 1, PolicyLogProb = -1, SftLogProb = -1, KlK3 = 0,
        }], 1);
        return new(point, new(slug, point, summary, new() { TrainingSeconds = 1, EvaluationSeconds = 1, TokensPerSecond = 1, Environment = new Dictionary<string, string>() }, "/store/" + slug), null, null);
    }
}
