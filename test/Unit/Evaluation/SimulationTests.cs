using Alignment.Evaluation;
using Alignment.Files;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Evaluation;

/// <summary>What the statistics do over many simulated sweeps whose truth is known.</summary>
public sealed class SimulationTests
{
    // a score is the prompt's difficulty, the run's quality and the response's own noise
    private const double RunDeviation = 0.15, ResponseDeviation = 0.6;

    [Test]
    public void Equal_methods_are_a_tie_at_every_budget_in_at_least_95_percent_of_200_sweeps()
    {
        // grids of 8 and 12 runs; a report looks at three budgets and corrects for them
        const int Sweeps = 200;
        int found = 0;
        Parallel.For(0, Sweeps, sweep =>
        {
            double[] p = [.. new[] { 1, 5, 8 }.Select(trials => Test((ulong)sweep, lead: 0, prompts: 64, trials, runs: (8, 12)).P)];
            if (Holm.Adjusted(p).Min() < 0.05)
                Interlocked.Increment(ref found);
        });
        Assert.That(found, Is.LessThanOrEqualTo(0.05 * Sweeps));
    }

    [Test]
    public void Prompts_alone_would_call_equal_methods_different_far_too_often()
    {
        int found = Enumerable.Range(0, 40).Count(sweep => Test((ulong)sweep, lead: 0, prompts: 1000, trials: 5, (18, 36)).PromptsP < 0.05);
        Assert.That(found, Is.GreaterThan(8), "one grid of runs is luckier than the other, and a thousand prompts see it");
    }

    [Test]
    public void A_lead_that_wins_54_percent_of_pairs_is_found_on_the_papers_2312_prompts()
    {
        // 0.1 above with noise 0.6 in either response: the better one wins Φ(0.1 / 0.85) = 54.7 % of the pairs
        const int Sweeps = 10;
        int found = 0;
        Parallel.For(0, Sweeps, sweep =>
        {
            BudgetTest test = Test((ulong)sweep, lead: 0.1, prompts: 2312, trials: 5, (18, 36), runDeviation: 0.05);
            if (test.P < 0.05 / 9 && test.Lead.Average() > 0)
                Interlocked.Increment(ref found);
        });
        Assert.That(found, Is.GreaterThanOrEqualTo(9));
    }

    [Test]
    public void The_interval_of_a_paired_difference_covers_the_truth_in_93_to_97_percent_of_1000_sweeps()
    {
        const int Sweeps = 1000, Prompts = 150;
        var bootstrap = new Bootstrap(Prompts, 2, 400);
        int covered = 0;
        for (ulong sweep = 0; sweep < Sweeps; sweep++)
        {
            var random = new SeededRandom(sweep, "test/coverage");
            // skewed and with ties: rewards are rounded, responses sometimes fail
            double[] difference = [.. Enumerable.Range(0, Prompts).Select(_ => Math.Round(random.NextNormal() - (random.NextInt(10) == 0 ? 3 : 0), 1))];
            Estimate estimate = bootstrap.Mean(difference);
            covered += estimate.Low <= -0.3 && estimate.High >= -0.3 ? 1 : 0;
        }

        Assert.That(covered / (double)Sweeps, Is.InRange(0.93, 0.97));
    }

    [Test]
    public void The_length_controlled_interval_covers_the_truth_in_93_to_97_percent_of_1000_sweeps()
    {
        const int Sweeps = 1000, Prompts = 200;
        int covered = 0;
        for (ulong sweep = 0; sweep < Sweeps; sweep++)
        {
            var random = new SeededRandom(sweep, "test/length-coverage");
            double[] longer = [.. Enumerable.Range(0, Prompts).Select(_ => random.NextNormal())];
            // the model itself: a rate of 0.6 at equal length
            double[] wins = [.. longer.Select(d => random.NextDouble() < 1 / (1 + Math.Exp(-Math.Log(1.5) - Math.Tanh(d))) ? 1.0 : 0)];
            Estimate controlled = LengthControl.Of(wins, longer, ridge: 0.01).Controlled;
            covered += controlled.Low <= 0.6 && controlled.High >= 0.6 ? 1 : 0;
        }

        Assert.That(covered / (double)Sweeps, Is.InRange(0.93, 0.97));
    }

    private static BudgetTest Test(ulong sweep, double lead, int prompts, int trials, (int First, int Second) runs, double runDeviation = RunDeviation)
    {
        var random = new SeededRandom(sweep, "test/simulation");
        double[] difficulty = [.. Enumerable.Range(0, prompts).Select(_ => random.NextNormal())];
        double[][] first = Method(runs.First, lead), second = Method(runs.Second, 0);
        return BudgetTest.Of(first, second, [.. first.Select(run => run.Average())], [.. second.Select(run => run.Average())], trials, sweep);

        double[][] Method(int count, double mean) => [.. Enumerable.Range(0, count).Select(_ => Run(mean + runDeviation * random.NextNormal()))];
        double[] Run(double quality) => [.. difficulty.Select(hard => hard + quality + ResponseDeviation * random.NextNormal())];
    }
}
