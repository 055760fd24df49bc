using Alignment.Evaluation;
using Alignment.Files;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Evaluation;

public sealed class BestOfBudgetTests
{
    [Test]
    public void Two_of_three_distinct_runs_have_the_mean_of_the_three_pairs_maxima() =>
        Assert.That(BestOfBudget.WithoutReplacement([3, 1, 2], 2), Is.EqualTo((3 + 3 + 2) / 3.0).Within(1e-15));

    [Test]
    public void Two_draws_with_replacement_have_the_mean_of_the_nine_maxima() =>
        Assert.That(BestOfBudget.WithReplacement([3, 1, 2], 2), Is.EqualTo((3 * 5 + 2 * 3 + 1) / 9.0).Within(1e-15));

    [Test]
    public void One_trial_gives_the_mean_and_all_trials_the_best()
    {
        double[] scores = [0.5, -1, 4, 4, 2];
        Assert.That(BestOfBudget.WithoutReplacement(scores, 1), Is.EqualTo(1.9).Within(1e-15));
        Assert.That(BestOfBudget.WithReplacement(scores, 1), Is.EqualTo(1.9).Within(1e-15));
        Assert.That(BestOfBudget.WithoutReplacement(scores, 5), Is.EqualTo(4).Within(1e-15));
    }

    [Test]
    public void Without_replacement_equals_the_mean_over_every_subset()
    {
        double[] scores = [0.3, 1.7, -0.4, 0.9, 2.2, 0.1, 1.1];
        for (int k = 1; k <= scores.Length; k++)
        {
            double[] maxima = [.. Enumerable.Range(0, 1 << scores.Length)
                .Select(mask => scores.Where((_, i) => (mask >> i & 1) == 1).ToArray())
                .Where(subset => subset.Length == k).Select(subset => subset.Max())];
            Assert.That(BestOfBudget.WithoutReplacement(scores, k), Is.EqualTo(maxima.Average()).Within(1e-12), $"k = {k}");
        }
    }

    [Test]
    public void Without_replacement_is_unbiased_and_with_replacement_is_low()
    {
        // the best of 3 uniform numbers is 3/4 on average
        const int Grids = 20_000, Runs = 6, Trials = 3;
        var random = new SeededRandom(1, "test/budget");
        double without = 0, with = 0;
        for (int grid = 0; grid < Grids; grid++)
        {
            double[] scores = [.. Enumerable.Range(0, Runs).Select(_ => random.NextDouble())];
            without += BestOfBudget.WithoutReplacement(scores, Trials) / Grids;
            with += BestOfBudget.WithReplacement(scores, Trials) / Grids;
        }
        Assert.That(without, Is.EqualTo(0.75).Within(0.005));
        Assert.That(with, Is.LessThan(0.74));
    }

    [Test]
    public void Budgets_that_make_no_sense_are_refused()
    {
        Assert.That(() => BestOfBudget.WithReplacement([], 1), Throws.ArgumentException
            .With.Message.StartsWith("the best of a budget needs at least one score, got none"));
        Assert.That(() => BestOfBudget.WithReplacement([1], 0), Throws.ArgumentException
            .With.Message.StartsWith("a budget is at least 1 trial, was 0"));
        Assert.That(() => BestOfBudget.WithoutReplacement([1, 2], 3), Throws.ArgumentException
            .With.Message.StartsWith("3 distinct trials need as many scores, there are 2"));
    }
}
