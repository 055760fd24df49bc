using Alignment.Evaluation;
using Alignment.Files;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Evaluation;

public sealed class StatisticsTests
{
    [Test]
    public void Outcomes_of_one_trial_spread_over_the_runs_and_of_all_trials_are_the_best_run()
    {
        double[] low = [.. Enumerable.Repeat(1.0, 10)], high = [.. Enumerable.Repeat(3.0, 10)];
        var draws = BudgetDraws.Of([[low], [high]], new Bootstrap(10, 1, 1000), 1, "A");
        Assert.That((draws.Quantile(1, 0.1), draws.Quantile(1, 0.9), draws.Quantile(2, 0.1)), Is.EqualTo((1.0, 3.0, 3.0)));
        var sure = BudgetDraws.Of([[high]], new Bootstrap(10, 1, 1000), 1, "B");
        Assert.That(sure.ChanceToBeat(draws, 1), Is.EqualTo(0.75).Within(0.03), "half the time ahead, half the time level");
    }

    [Test]
    public void One_trial_of_a_repeated_setting_is_any_of_its_runs()
    {
        double[] low = [.. Enumerable.Repeat(1.0, 10)], high = [.. Enumerable.Repeat(3.0, 10)];
        var draws = BudgetDraws.Of([[low, high]], new Bootstrap(10, 1, 1000), 1, "A");
        Assert.That((draws.Quantile(1, 0.1), draws.Quantile(1, 0.9)), Is.EqualTo((1.0, 3.0)), "a second seed is no second trial");
    }

    [Test]
    public void Variance_explained_is_one_for_groups_without_spread_and_none_for_equal_groups()
    {
        Assert.That(ExplainedVariance.Of([1, 1, 3, 3], ["a", "a", "b", "b"]), Is.EqualTo(new ExplainedVariance(1, 1 / 3.0)));
        Assert.That(ExplainedVariance.Of([1, 3, 1, 3], ["a", "a", "b", "b"]).Share, Is.Zero);
        // means 1.5 and 3.5 around 2.5: 4 of a total of 5
        Assert.That(ExplainedVariance.Of([1, 2, 3, 4], ["a", "a", "b", "b"]).Share, Is.EqualTo(0.8).Within(1e-15));
        // means 1.5 and 6 around 3.75
        Assert.That(ExplainedVariance.Of([1, 2, 3, 9], ["a", "a", "b", "b"]).Share, Is.EqualTo(20.25 / 38.75).Within(1e-15));
        Assert.That(ExplainedVariance.Of([2, 2], ["a", "b"]), Is.EqualTo(new ExplainedVariance(0, 1)));
        Assert.That(() => ExplainedVariance.Of([1], ["a"]), Throws.ArgumentException.With.Message.EqualTo(
            "explained variance needs a value for every score and two runs, got 1 and 1"));
        Assert.That(() => ExplainedVariance.Of([1, 2], ["a"]), Throws.ArgumentException);
    }

    [Test]
    public void Seeds_that_shift_every_prompt_alike_vary_by_that_shift_alone()
    {
        // means 0 and 2: variance 2, nothing left to the prompts
        SeedVariation shift = SeedVariation.Of([[[1, -1, 0], [3, 1, 2]]])!;
        Assert.That((shift.SeedDeviation, shift.PromptDeviation), Is.EqualTo((Math.Sqrt(2), 0.0)).Using<(double, double)>(
            (a, b) => Math.Abs(a.Item1 - b.Item1) < 1e-12 && Math.Abs(a.Item2 - b.Item2) < 1e-12));
    }

    [Test]
    public void Noise_on_prompts_is_not_counted_as_variation_over_seeds()
    {
        var random = new SeededRandom(1, "test/seeds");
        double[] Run(double shift) => [.. Enumerable.Range(0, 100).Select(_ => shift + random.NextNormal())];
        IReadOnlyList<double[]>[] noise = [.. Enumerable.Range(0, 200).Select(_ => new[] { Run(0), Run(0), Run(0) })];
        IReadOnlyList<double[]>[] real = [.. Enumerable.Range(0, 200).Select(_ => new[] { 0, 1, 2 }.Select(_ => Run(0.5 * random.NextNormal())).ToArray())];
        Assert.That(SeedVariation.Of(noise)!.SeedDeviation, Is.LessThan(0.05));
        Assert.That(SeedVariation.Of(real)!.SeedDeviation, Is.EqualTo(0.5).Within(0.05));
        Assert.That(SeedVariation.Of(real)!.PromptDeviation, Is.EqualTo(0.1).Within(0.01));
    }

    [Test]
    public void Seeds_of_several_settings_are_pooled_and_a_prompt_that_stands_twice_counts_once()
    {
        // residuals of the first +-(.5, -.5, 0, 0), of the second none; means 2.5, 3 and 1, 2, 3
        double[][] first = [[2, 3, 1, 4], [3, 3, 2, 4]], second = [[1, 1, 1, 1], [2, 2, 2, 2], [3, 3, 3, 3]];
        PromptClusters twice = PromptClusters.OfTexts(["a", "b", "a", "c"]);
        // residuals 0.25, -0.25, 0.25, -0.25 with the sign of the seed
        double apart = 2 * 4 * 0.0625 * 4 / 3 / 16, together = 2 * (0.25 + 0.0625 + 0.0625) * 3 / 2.0 / 16;
        Assert.That(Numbers(SeedVariation.Of([first, second])), Is.EqualTo(new[] { (0.125 + 2) / 3, apart / 3, 3 }).Within(1e-12));
        Assert.That(Numbers(SeedVariation.Of([first, second], twice)), Is.EqualTo(new[] { (0.125 + 2) / 3, together / 3, 3 }).Within(1e-12));
        Assert.That(Numbers(SeedVariation.Of([[[9, 9, 9, 9]], first])), Is.EqualTo(new[] { 0.125, apart, 1 }).Within(1e-12), "one seed says nothing");

        static double[] Numbers(SeedVariation? found) => [found!.Between, found.Within, found.Freedom];
    }

    [Test]
    public void Runs_of_one_prompt_tell_nothing_about_seeds() => Assert.That(SeedVariation.Of([[[1.0], [2.0]]]), Is.Null);

    [Test]
    public void Points_of_one_seed_tell_nothing_about_seeds() => Assert.That(SeedVariation.Of([[[1.0, 2.0]]]), Is.Null);
}
