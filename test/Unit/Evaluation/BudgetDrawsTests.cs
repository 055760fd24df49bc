using Alignment.Evaluation;
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

    // settings of one run each
    private static BudgetDraws Draws(string method, int draws, params double[][] runs) =>
        BudgetDraws.Of([.. runs.Select(run => new[] { run })], new Bootstrap(runs[0].Length, 1, draws), 1, method);
}
