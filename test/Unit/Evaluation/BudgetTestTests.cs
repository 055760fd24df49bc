using Alignment.Evaluation;
using Alignment.Files;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Evaluation;

public sealed class BudgetTestTests
{
    [Test]
    public void The_lead_is_the_first_methods_pick_less_the_seconds_and_the_weaker_of_both_tests_counts()
    {
        double[] three = [.. Enumerable.Repeat(3.0, 12)], one = [.. Enumerable.Repeat(1.0, 12)];
        BudgetTest test = BudgetTest.Of([three, three], [one, one], [3, 3], [1, 1], trials: 2, seed: 4);
        Assert.That(test.Lead, Is.EqualTo(Enumerable.Repeat(2.0, 12)));
        Assert.That((test.PromptsP, test.RunsP), Is.EqualTo((2 / 4096.0, 2 / 6.0)));
        Assert.That((test.P, (test with { PromptsP = 0.5 }).P), Is.EqualTo((2 / 6.0, 0.5)));
    }

    [Test]
    public void Settings_that_are_fewer_than_the_trials_are_all_tried()
    {
        double[][] runs = [.. Enumerable.Range(0, 3).Select(run => new double[] { run, run + 1, run })];
        BudgetTest few = BudgetTest.Of(runs, runs, [5], [1, 2, 3], trials: 3, seed: 1), fewer = BudgetTest.Of(runs, runs, [1, 2, 3], [5, 6], trials: 3, seed: 1);
        Assert.That((few.RunsP, fewer.RunsP), Is.EqualTo((LabelTest.P([5], [1, 2, 3], 1, 1), LabelTest.P([1, 2, 3], [5, 6], 2, 1))));
        Assert.That(BudgetTest.Of(runs, runs, [1, 2, 4], [3, 5, 6], trials: 2, seed: 1).RunsP, Is.EqualTo(LabelTest.P([1, 2, 4], [3, 5, 6], 2, 1)));
    }

    [Test]
    public void Held_out_equals_its_slow_twin_over_ten_folds_of_shuffled_prompts()
    {
        var random = new SeededRandom(8, "test/folds");
        double[][] scores = [.. Enumerable.Range(0, 4).Select(_ => Enumerable.Range(0, 13).Select(_ => random.NextNormal()).ToArray())];
        int[] order = [.. Enumerable.Range(0, 13)];
        new SeededRandom(3, "held-out").Shuffle(order.AsSpan());

        double[] column = HeldOutBest.Column(scores, 1, seed: 3), best = HeldOutBest.Column(scores, 4, seed: 3);
        for (int i = 0; i < 13; i++)
        {
            int[] elsewhere = [.. order.Where((_, position) => position % 10 != i % 10)];
            double[] pick = scores.MaxBy(run => elsewhere.Sum(prompt => run[prompt]))!;
            Assert.That(column[order[i]], Is.EqualTo(scores.Average(run => run[order[i]])).Within(1e-12));
            Assert.That(best[order[i]], Is.EqualTo(pick[order[i]]).Within(1e-12));
        }
    }

    [Test]
    public void Outcomes_are_of_the_run_with_the_best_mean_and_a_loss_is_no_half_win()
    {
        // the second has the best prompt, the first the best mean
        double[][] scores = [[2, 2, 2], [0, 0, 5], [1, 1, 1]];
        BudgetDraws draws = BudgetDraws.Of(scores, new Bootstrap(3, 1, 500), 1, "A"), worst = BudgetDraws.Of([scores[2]], new Bootstrap(3, 1, 500), 1, "B");
        Assert.That((draws.Quantile(3, 0), draws.Quantile(3, 1)), Is.EqualTo((2.0, 2.0)));
        Assert.That((draws.ChanceToBeat(BudgetDraws.Of([[3, 3, 3], [3, 3, 3], [3, 3, 3]], new Bootstrap(3, 1, 500), 1, "C"), 3), worst.ChanceToBeat(worst, 1)), Is.EqualTo((0.0, 0.5)));
    }

    [Test]
    public void Between_runs_of_equal_means_the_first_tried_stays()
    {
        BudgetDraws draws = BudgetDraws.Of([[0, 0, 3], [1, 1, 1]], new Bootstrap(3, 1, 501), 1, "A");
        double[] quantiles = [.. Enumerable.Range(1, 99).Select(percent => percent / 100.0)];
        Assert.That(quantiles.Select(q => draws.Quantile(2, q)), Is.EqualTo(quantiles.Select(q => draws.Quantile(1, q))));
    }

    [Test]
    public void Methods_try_their_runs_in_orders_of_their_own()
    {
        double[][] scores = [[1, 1], [3, 3]];
        BudgetDraws Draws(string method) => BudgetDraws.Of(scores, new Bootstrap(2, 1, 501), 1, method);
        Assert.That(Draws("A").ChanceToBeat(Draws("A"), 1), Is.EqualTo(0.5));
        Assert.That(Draws("A").ChanceToBeat(Draws("B"), 1), Is.EqualTo(0.5).Within(0.1).And.Not.EqualTo(0.5));
    }
}
