using Alignment.Evaluation;
using Alignment.Files;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Evaluation;

public sealed class BudgetDrawsTests
{
    [Test]
    public void Outcomes_are_of_the_run_with_the_best_mean_and_a_loss_is_no_half_win()
    {
        // the second has the best prompt, the first the best mean
        BudgetDraws draws = Draws("A", 500, [2, 2, 2], [0, 0, 5], [1, 1, 1]), better = Draws("B", 500, [3, 3, 3], [3, 3, 3], [3, 3, 3]);
        Assert.That((draws.Quantile(3, 0), draws.Quantile(3, 1)), Is.EqualTo((2.0, 2.0)));
        Assert.That((draws.ChanceToBeat(better, 3), better.ChanceToBeat(draws, 3), draws.ChanceToBeat(draws, 1)), Is.EqualTo((0.0, 1.0, 0.5)));
    }

    [Test]
    public void Between_runs_of_equal_means_the_first_tried_stays()
    {
        BudgetDraws draws = Draws("A", 501, [0, 0, 3], [1, 1, 1]);
        double[] quantiles = [.. Enumerable.Range(1, 99).Select(percent => percent / 100.0)];
        Assert.That(quantiles.Select(q => draws.Quantile(2, q)), Is.EqualTo(quantiles.Select(q => draws.Quantile(1, q))));
    }

    [Test]
    public void Methods_try_their_runs_in_orders_of_their_own()
    {
        BudgetDraws a = Draws("A", 501, [1, 1, 1], [3, 3, 3]), b = Draws("B", 501, [1, 1, 1], [3, 3, 3]);
        Assert.That(a.ChanceToBeat(a, 1), Is.EqualTo(0.5));
        Assert.That(a.ChanceToBeat(b, 1), Is.EqualTo(0.5).Within(0.1).And.Not.EqualTo(0.5));
    }

    [Test]
    public void Draws_are_those_of_settings_tried_one_by_one_in_random_order_on_resampled_prompts()
    {
        var values = new SeededRandom(4, "test/draws");
        double[][][] settings = [.. new[] { 1, 3, 2, 1 }.Select(seeds => Enumerable.Range(0, seeds).Select(_ => Enumerable.Range(0, 6).Select(_ => values.NextNormal()).ToArray()).ToArray())];
        var bootstrap = new Bootstrap(6, 2, 50);
        var random = new SeededRandom(8, "budget/A");
        double[][] outcomes = [.. settings.Select(_ => new double[50])];
        int[] order = [0, 1, 2, 3];
        for (int draw = 0; draw < 50; draw++)
        {
            random.Shuffle(order.AsSpan());
            List<double[]> tried = [];
            for (int trial = 0; trial < 4; trial++)
            {
                double[][] runs = settings[order[trial]];
                tried.Add(runs[runs.Length > 1 ? random.NextInt(runs.Length) : 0]);
                outcomes[trial][draw] = bootstrap.ResampledMeans([tried.MaxBy(run => run.Average())!])[0][draw];
            }
        }

        var draws = BudgetDraws.Of(settings, bootstrap, 8, "A");
        for (int trials = 1; trials <= 4; trials++)
            foreach (double quantile in new[] { 0, 0.1, 0.5, 0.9, 1 })
                Assert.That(draws.Quantile(trials, quantile), Is.EqualTo(Percentile.Of(outcomes[trials - 1].Order().ToArray(), 100 * quantile)), $"{quantile} of {trials}");
    }

    // settings of one run each
    private static BudgetDraws Draws(string method, int draws, params double[][] runs) =>
        BudgetDraws.Of([.. runs.Select(run => new[] { run })], new Bootstrap(runs[0].Length, 1, draws), 1, method);
}
