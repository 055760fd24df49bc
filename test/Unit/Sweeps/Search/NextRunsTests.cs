using Alignment.Sweeps.Search;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps.Search;

public class NextRunsTests
{
    private const double Noise = 0.0025;

    [Test]
    public void What_is_told_next_is_what_is_most_likely_to_change_the_answer()
    {
        int[] seen = [10, 30, 50, 9, 29, 49];
        double[] scores = [.. seen.Select(point => StoredGrids.Means[point])];
        IReadOnlyList<NextRun> next = NextRuns.Of(StoredGrids.Space, seen, scores, Noise, [.. Enumerable.Range(0, StoredGrids.Space.Count)]);
        Assert.That(next, Has.Count.InRange(NextRuns.Least, NextRuns.Most));
        Assert.That(next.Select(run => run.Point), Is.Unique);
        Assert.That(next.Select(run => run.SettingChance), Is.All.InRange(0.0, 1.0));
        Assert.That(next.All(run => run.MethodChance <= run.SettingChance), Is.True);
        Assert.That(next[0].SettingChance, Is.GreaterThan(0.1));
        Assert.That(seen.Contains(next[0].Point), Is.False, "after six runs, the unseen say more than a repeat");
    }

    // by hand: two points of which the better one is ahead by d, and one more run of the second, whose mean then moves by s z and the first's by r z
    [Test]
    public void The_chance_to_change_the_answer_is_that_of_the_two_lines_crossing()
    {
        SearchSpace space = SearchSpace.Of([.. StoredGrids.Space.Points.Where((_, index) => index is 9 or 29)]);
        double[] scores = [3.70, 3.75];
        NextRun run = NextRuns.Of(space, [0, 1], scores, Noise, [0])[0];
        var now = Posterior.Of(space, [0, 1], scores, Noise);
        double[] rise = now.Sensitivities(0);
        double crossing = (now.Mean[1] - now.Mean[0]) / (rise[0] - rise[1]);
        Assert.That(run.SettingChance, Is.EqualTo(1 - Alignment.Evaluation.NormalDistribution.Cumulative(crossing)).Within(0.01));
        Assert.That(run.MethodChance, Is.EqualTo(run.SettingChance), "the two are of different methods");
        Assert.That(run.Gain, Is.GreaterThan(0));
    }

    [Test]
    public void Where_nothing_can_change_no_more_than_two_are_told()
    {
        int[] all = [.. Enumerable.Range(0, StoredGrids.Space.Count)];
        double[] far = [.. all.Select(point => point == 33 ? 50.0 : 0)];
        Assert.That(NextRuns.Of(StoredGrids.Space, [.. all, .. all, .. all, .. all], [.. far, .. far, .. far, .. far], Noise, all), Has.Count.EqualTo(NextRuns.Least));
    }
}
