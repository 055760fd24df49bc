using Alignment.Files;
using Alignment.Sweeps.Search;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps.Search;

public class StopTallyTests
{
    [Test]
    public void Runs_prompts_and_wrong_stops_are_counted()
    {
        var tally = new StopTally();
        Assert.That((tally.Runs, tally.PromptShare, tally.WrongShare), Is.EqualTo((0, 1.0, 0.0)), "before the first");
        double[] Steady(double first, double then) => [.. Enumerable.Range(0, 200).Select(i => i < 50 ? first + 0.01 * (i % 2) : then)];
        tally.Add(Steady(-1, -1));
        tally.Add(Steady(1, 1));
        Assert.That((tally.Runs, tally.Stopped, tally.Wrongly, tally.PromptShare, tally.WrongShare), Is.EqualTo((2, 1, 0, 250 / 400.0, 0.0)));
        tally.Add(Steady(-1, 2));
        tally.Add(Steady(1, 1));
        Assert.That((tally.Runs, tally.Stopped, tally.Wrongly, tally.PromptShare, tally.WrongShare), Is.EqualTo((4, 2, 1, 500 / 800.0, 0.25)), "behind on the first prompts alone");

        // the mean of the first slice is 1 below, that of all is 0
        double[] even = [.. Enumerable.Range(0, 50).Select(i => i % 2 - 1.5), .. Enumerable.Repeat(0.5, 100), .. new double[50]];
        Assert.That((tally.Add(even), tally.Add(Steady(1, 1)), tally.Add(even[50..])), Is.EqualTo(((double?)-1, (double?)null, (double?)null)));
        Assert.That((tally.Runs, tally.Stopped, tally.Wrongly), Is.EqualTo((7, 3, 2)), "one that is as good as the leader was stopped wrongly");
    }

    [Test]
    public void A_run_is_stopped_at_the_first_look_at_which_mean_and_deviation_leave_no_doubt()
    {
        int[] looked = new int[4];
        for (ulong seed = 0; seed < 60; seed++)
        {
            var random = new SeededRandom(seed, "test/looks");
            double[] differences = [.. Enumerable.Range(0, 175).Select(_ => random.NextNormal() - 0.3)];
            int? expected = new[] { 50, 100, 150 }.Where(look =>
            {
                double[] seen = differences[..look];
                double mean = seen.Average(), variance = seen.Sum(d => (d - mean) * (d - mean)) / (look - 1);
                return mean + EarlyStopping.Width(look) * Math.Sqrt(variance / look) < 0;
            }).Cast<int?>().FirstOrDefault();
            Assert.That(EarlyStopping.StoppedAfter(differences), Is.EqualTo(expected));
            looked[(expected ?? 0) / 50]++;
        }

        Assert.That(looked, Is.All.GreaterThan(0), "some at each look, some never");
    }

    // moved until the bound at the first look is a millionth below 0, or above it
    [TestCase(-1e-6, 50), TestCase(1e-6, null)]
    public void The_bound_is_that_of_the_prompts_that_were_asked(double bound, int? stopped)
    {
        var random = new SeededRandom(3, "test/bound");
        double[] seen = [.. Enumerable.Range(0, 50).Select(_ => random.NextNormal())];
        double mean = seen.Average(), deviation = Math.Sqrt(seen.Sum(d => (d - mean) * (d - mean)) / 49);
        double move = bound - mean - EarlyStopping.Width(50) * deviation / Math.Sqrt(50);
        Assert.That(EarlyStopping.StoppedAfter([.. seen.Select(d => d + move), .. Enumerable.Repeat(100.0, 60)]), Is.EqualTo(stopped));
        Assert.That(EarlyStopping.Bound([.. seen.Select(d => d + move)]), Is.EqualTo(bound).Within(1e-9));
        Assert.That(EarlyStopping.StoppedAfter(new double[60]), Is.Null, "a run that answers as the leader does is not behind");
    }

    [Test]
    public void A_policys_mean_has_a_margin_of_two_standard_errors()
    {
        var outcome = new PolicyOutcome([0, 0.1, 0.4, 0.3], 0.5);
        Assert.That((outcome.Mean, outcome.Margin), Is.EqualTo((0.2, 1.959963984540054 * Math.Sqrt(0.1 / 3 / 4))).Using<(double, double)>((a, b) => Math.Abs(a.Item1 - b.Item1) + Math.Abs(a.Item2 - b.Item2) < 1e-12));
        Assert.That(outcome.ToString(), Is.EqualTo("0.200 ±0.179"));
    }
}
