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

    // every candidate's effect by a sum over its result, on a far finer grid; until its result is known, a run counts with what is expected of it
    [Test]
    public void Runs_are_told_one_after_another_by_what_they_are_expected_to_add()
    {
        int[] seen = [10, 30, 50, 9, 29, 49, 9], candidates = [.. Enumerable.Range(0, StoredGrids.Space.Count).Where(point => point % 3 == 0)];
        double[] scores = [.. seen.Select((point, run) => StoredGrids.Means[point] + 0.01 * run)];
        IReadOnlyList<NextRun> next = NextRuns.Of(StoredGrids.Space, seen, scores, Noise, candidates);
        List<int> known = [.. seen], left = [.. candidates];
        List<double> taken = [.. scores];
        foreach (NextRun run in next)
        {
            var after = Posterior.Of(StoredGrids.Space, known, taken, Noise);
            int leader = SearchRule.Leaders(StoredGrids.Space, known, taken, Noise)[0];
            (int Point, double Setting, double Method, double Gain)[] effects = [.. left.Select(Effect)];
            (int point, double setting, double method, double gain) = effects.MaxBy(effect => effect.Gain);
            Assert.That((run.Point, run.Expected), Is.EqualTo((point, after.Mean[point])));
            Assert.That(new[] { run.SettingChance, run.MethodChance, run.Gain }, Is.EqualTo(new[] { setting, method, gain }).Within(0.01));
            Assert.That(run.Gain, Is.EqualTo(gain).Within(1).Percent);
            left.Remove(run.Point);
            known.Add(run.Point);
            taken.Add(run.Expected);

            (int, double, double, double) Effect(int candidate)
            {
                double[] rise = after.Sensitivities(candidate), sums = new double[4];
                int[] open = [.. known.Append(candidate).Distinct()];
                for (double z = -5; z <= 5; z += 0.005)
                {
                    double weight = Math.Exp(-z * z / 2);
                    int best = open.MaxBy(other => after.Mean[other] + z * rise[other]);
                    sums[0] += weight;
                    sums[1] += best == leader ? 0 : weight;
                    sums[2] += StoredGrids.Space.Points[best].Method == StoredGrids.Space.Points[leader].Method ? 0 : weight;
                    sums[3] += weight * (after.Mean[best] + z * rise[best] - after.Mean[leader]);
                }

                return (candidate, sums[1] / sums[0], sums[2] / sums[0], sums[3] / sums[0]);
            }
        }

        Assert.That(next, Has.Count.GreaterThan(NextRuns.Least));
    }

    [Test]
    public void No_more_are_told_than_may_be_run()
    {
        Assert.That(NextRuns.Of(StoredGrids.Space, [10, 30], [3.7, 3.6], Noise, [5]).Select(run => run.Point), Is.EqualTo(new[] { 5 }));
        Assert.That(NextRuns.Of(StoredGrids.Space, [10, 30], [3.7, 3.6], Noise, []), Is.Empty);
    }

    [Test]
    public void Where_nothing_can_change_no_more_than_two_are_told()
    {
        int[] all = [.. Enumerable.Range(0, StoredGrids.Space.Count)];
        double[] far = [.. all.Select(point => point == 33 ? 50.0 : 0)];
        Assert.That(NextRuns.Of(StoredGrids.Space, [.. all, .. all, .. all, .. all], [.. far, .. far, .. far, .. far], Noise, all), Has.Count.EqualTo(NextRuns.Least));
    }
}
