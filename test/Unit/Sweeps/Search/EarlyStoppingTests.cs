using Alignment.Files;
using Alignment.Sweeps.Search;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps.Search;

public class EarlyStoppingTests
{
    // found by simulation, three digits
    [TestCase(50, 2.924), TestCase(100, 2.797), TestCase(200, 2.782), TestCase(550, 2.863)]
    public void The_sequence_is_as_wide_as_it_was_simulated(int prompts, double width) => Assert.That(EarlyStopping.Width(prompts), Is.EqualTo(width).Within(5e-4));

    [Test]
    public void A_run_that_is_far_behind_is_stopped_at_the_first_look_and_one_that_is_not_never()
    {
        var random = new SeededRandom(1, "differences");
        double[] noise = [.. Enumerable.Range(0, 600).Select(_ => random.NextNormal())];
        Assert.That(EarlyStopping.StoppedAfter([.. noise.Select(value => value - 1)]), Is.EqualTo(EarlyStopping.Slice));
        Assert.That(EarlyStopping.StoppedAfter([.. noise.Select(value => value - 0.25)]), Is.GreaterThan(EarlyStopping.Slice).And.LessThan(600));
        Assert.That(EarlyStopping.StoppedAfter([.. noise.Select(value => value + 0.5)]), Is.Null);
        Assert.That(EarlyStopping.StoppedAfter([.. noise[..50].Select(value => value - 9)]), Is.Null, "after the last prompt there is nothing left to save");
    }

    [Test]
    public void Of_runs_that_are_as_good_as_the_leader_at_most_the_stated_share_is_stopped()
    {
        const int Runs = 4000;
        int stopped = 0;
        for (int run = 0; run < Runs; run++)
        {
            var random = new SeededRandom((ulong)run, "alike");
            stopped += EarlyStopping.StoppedAfter([.. Enumerable.Range(0, 600).Select(_ => random.NextNormal())]) == null ? 0 : 1;
        }

        Assert.That(stopped / (double)Runs, Is.LessThan(EarlyStopping.Error).And.GreaterThan(0.002));
    }
}
