using Alignment.Bench.Inputs;
using Alignment.Bench.Jobs;
using Alignment.Bench.Plain;
using Alignment.Bench.Tracking;
using Alignment.Recipes;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Bench;

public class JobAgreementTests
{
    private static readonly JobRun s_sft = new("SFT", [0.7, 0.6, 0.5, 0.4, 0.3, 0.2], 1, 20) { ScoreWidth = 0.1 };
    private static readonly JobRun s_run = s_sft with { Slug = "DPO-b0.1", IsPreference = true };

    [Test]
    public void Later_losses_may_differ_one_by_one_and_scores_as_trainings_do()
    {
        Assert.That(() => JobAgreement.Require([s_sft], [s_sft with { Losses = [0.7009, 0.6, 0.5, 0.4, 0.3, 0.25], MeanScore = 1.09, MeanLength = 25 }]), Throws.Nothing);
        Assert.That(() => JobAgreement.Require([s_sft, s_run], [s_sft, s_run with { Losses = [0.7009, 0.6, 0.5, 0.4, 0.309, 0.35], MeanScore = 0.61, MeanLength = 25 }]), Throws.Nothing);
    }

    [Test]
    public void An_early_loss_that_differs_is_named()
    {
        Assert.That(() => JobAgreement.Require([s_sft], [s_sft with { Losses = [0.7, 0.6, 0.5, 0.4, 0.302, 0.2] }]), Throws.InvalidOperationException.With.Message.EqualTo(
            "SFT: the loss of step 5 is 0.3 by the library and 0.302 by the TRL-style loop; 0.001 times max(1, |loss|) is allowed"));
        Assert.That(() => JobAgreement.Require([s_sft, s_run], [s_sft, s_run with { Losses = [0.7, 0.6, 0.5, 0.4, 0.311, 0.2] }]), Throws.InvalidOperationException.With.Message.EqualTo(
            "DPO-b0.1: the loss of step 5 is 0.3 by the library and 0.311 by the TRL-style loop; 0.01 times max(1, |loss|) is allowed"));
    }

    [Test]
    public void A_mean_loss_that_differs_is_named()
    {
        Assert.That(() => JobAgreement.Require([s_sft], [s_sft with { Losses = [0.7, 0.6, 0.5, 0.4, 0.3, 0.29] }]), Throws.InvalidOperationException.With.Message.EqualTo(
            "SFT: the mean loss over all steps is 0.45 by the library and 0.465 by the TRL-style loop; 0.01 times max(1, |loss|) is allowed"));
        Assert.That(() => JobAgreement.Require([s_run], [s_run with { Losses = [0.7, 0.6, 0.5, 0.4, 0.3, 0.5] }]), Throws.InvalidOperationException.With.Message.EqualTo(
            "DPO-b0.1: the mean loss over all steps is 0.45 by the library and 0.5 by the TRL-style loop; 0.03 times max(1, |loss|) is allowed"));
    }

    [TestCase(1.11)]
    [TestCase(double.NaN)]
    public void A_score_of_SFT_beyond_the_interval_is_named(double score) =>
        Assert.That(() => JobAgreement.Require([s_sft], [s_sft with { MeanScore = score }]), Throws.InvalidOperationException.With.Message.EqualTo(FormattableString.Invariant(
            $"SFT: mean score 1.000 by the library and {score:F3} by the TRL-style loop; 1 times the interval's width, 0.100, is allowed")));

    [Test]
    public void A_score_of_a_preference_run_beyond_four_intervals_is_named() =>
        Assert.That(() => JobAgreement.Require([s_sft, s_run], [s_sft, s_run with { MeanScore = 0.59 }]), Throws.InvalidOperationException.With.Message.EqualTo(
            "DPO-b0.1: mean score 1.000 by the library and 0.590 by the TRL-style loop; 4 times the interval's width, 0.100, is allowed"));

    [Test]
    public void A_line_a_run_has_what_both_have_made() =>
        Assert.That(JobAgreement.Lines([s_sft, s_run], [s_sft, s_run with { Losses = [0.5], MeanScore = 0.75 }]).Last(), Is.EqualTo(
            "DPO-b0.1: mean loss 0.4500 (TRL-style loop 0.5000), mean score 1.000 (0.750), interval 0.100 wide"));

    [Test]
    public void Other_runs_or_steps_are_another_job()
    {
        Assert.That(() => JobAgreement.Require([s_run], [s_run, s_run]),
            Throws.InvalidOperationException.With.Message.EqualTo("the library ran DPO-b0.1, the TRL-style loop DPO-b0.1, DPO-b0.1"));
        Assert.That(() => JobAgreement.Require([s_run], [s_run with { Losses = [0.7] }]),
            Throws.InvalidOperationException.With.Message.EqualTo("DPO-b0.1: 6 steps by the library, 1 by the TRL-style loop"));
    }

    [TestCase("\"methods\": { \"DPO\": { \"beta\": [0.1] },", "\"search\": { \"runs\": 2 }, \"methods\": { \"DPO\": { \"beta\": [0.1] },", "a search picks its runs by results")]
    [TestCase("\"width\": 128,", "\"width\": 128, \"precision\": \"bfloat16\",", "the TRL-style loop has a new Phi-3 policy in float32, without adapters")]
    public void A_recipe_that_the_loop_cannot_run_is_refused_with_the_reason(string part, string other, string reason)
    {
        string text = JobSize.Small.Recipe().Text;
        Assert.That(text, Does.Contain(part));
        Recipe recipe = RecipeFile.Parse(text.Replace(part, other, StringComparison.Ordinal), "job.json");
        Assert.That(TrlJob.Refusal(recipe), Does.StartWith(reason));
        Assert.That(() => JobBench.Measure(recipe, null, 1), Throws.InvalidOperationException.With.Message.StartsWith($"small: {reason}"));
    }

    // the twin of a whole sweep: losses, scores and the distance from SFT come out alike
    [Test]
    public void The_loop_and_the_library_do_the_same_job()
    {
        Recipe recipe = new JobSize("unit", 40, 6, 1) { Layers = 2, NewTokens = 12 }.Recipe();
        Assert.That(TrlJob.Refusal(recipe), Is.Null);
        IReadOnlyList<JobRun> own = JobBench.InFolder(folder => new SweepJob(recipe, JobBench.Options(null)).Run(folder));
        IReadOnlyList<JobRun> loop = JobBench.InFolder(folder => new TrlJob(recipe, JobBench.Options(null)).Run(folder));
        JobAgreement.Require(own, loop);
        Assert.That(own.Select(run => run.Slug.Split('-')[0]), Is.EqualTo(new[] { "SFT", "DPO", "SimPO" }));
        Assert.That(own.Select(run => run.Losses.Count), Is.All.EqualTo(2));
        Assert.That(loop.Select(run => run.MeanLength), Is.EqualTo(own.Select(run => run.MeanLength)).Within(1e-9), "few steps: the same responses");
        Assert.That(loop.Select(run => run.MeanKl), Is.EqualTo(own.Select(run => run.MeanKl)).Within(1e-3));
    }

    [Test]
    public void The_page_has_medians_and_ratios_and_the_history_an_id_that_stays()
    {
        var times = new JobTimes("tiny", [10, 20, 40], [30, 60, 80], 300_000_000, null);
        Assert.That(TablePadding.Without(times.Markdown("a machine, 2 threads each")), Does.Contain("| tiny | 20.00 [15.00, 30.00] | 60.00 [45.00, 70.00] | 3.00 [2.50, 3.00] | 300 | – |"));
        BenchmarkResult result = times.Result();
        Assert.That((result.Id, result.Nanoseconds[0], result.PeakBytes), Is.EqualTo(("Alignment.Bench.Job(tiny)", 1e10, (double?)3e8)));
    }
}
