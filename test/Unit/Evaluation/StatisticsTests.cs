using Alignment.Evaluation;
using Alignment.Files;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Evaluation;

public sealed class StatisticsTests
{
    [Test]
    public void Five_differences_of_one_sign_have_a_p_of_two_in_thirty_two() =>
        Assert.That(SignFlipTest.P([1, 2, 3, 4, 5], seed: 1), Is.EqualTo(2 / 32.0));

    [Test]
    public void Differences_that_cancel_have_a_p_of_one() => Assert.That(SignFlipTest.P([1, -1, 0, 0], seed: 1), Is.EqualTo(1));

    [Test]
    public void Drawn_sign_patterns_agree_with_the_normal_limit()
    {
        // a mean 1.96 standard errors from 0
        var random = new SeededRandom(3, "test/flip");
        double[] noise = [.. Enumerable.Range(0, 997).Select(_ => random.NextNormal())];
        double mean = noise.Average(), norm = Math.Sqrt(noise.Sum(x => (x - mean) * (x - mean)));
        double[] differences = [.. noise.Select(x => x - mean + 1.96 * norm / noise.Length)];
        Assert.That(SignFlipTest.P(differences, seed: 5), Is.EqualTo(0.05).Within(0.01));
    }

    [Test]
    public void Drawn_sign_patterns_never_claim_more_than_they_can_show() =>
        Assert.That(SignFlipTest.P([.. Enumerable.Repeat(1.0, 100)], seed: 1, draws: 99), Is.EqualTo(0.01));

    [Test]
    public void A_paired_test_without_prompts_is_refused() =>
        Assert.That(() => SignFlipTest.P([], 1), Throws.ArgumentException.With.Message.StartsWith("a paired test needs at least one prompt, got none"));

    [Test]
    public void Three_runs_all_above_three_others_have_a_p_of_two_in_twenty() =>
        Assert.That(LabelTest.P([4, 5, 6], [1, 2, 3], trials: 1, seed: 1), Is.EqualTo(2 / 20.0));

    [Test]
    public void The_best_of_two_runs_has_the_share_of_share_outs_whose_maxima_are_as_far_apart()
    {
        // maxima differ by 1 unless the two largest, 3 and 4, are together: 2 of 6 share-outs give 2
        Assert.That(LabelTest.P([1, 4], [2, 3], trials: 2, seed: 1), Is.EqualTo(1));
        Assert.That(LabelTest.P([3, 4], [1, 2], trials: 2, seed: 1), Is.EqualTo(2 / 6.0));
    }

    [Test]
    public void Drawn_share_outs_agree_with_all_of_them()
    {
        double[] a = [.. Enumerable.Range(0, 9).Select(i => i + 0.3)], b = [.. Enumerable.Range(0, 9).Select(i => i * 0.8)];
        double drawn = LabelTest.P(a, b, 3, seed: 2);
        double[] pooled = [.. a, .. b];
        double observed = Math.Abs(Best(a) - Best(b));
        double[][] all = [.. Enumerable.Range(0, 1 << 18).Where(mask => int.PopCount(mask) == 9).Select(mask => new[] { Best(Of(mask, 1)), Best(Of(mask, 0)) })];
        Assert.That(drawn, Is.EqualTo(all.Count(pair => Math.Abs(pair[0] - pair[1]) >= observed - 1e-9) / (double)all.Length).Within(0.02));

        double Best(double[] scores) => BestOfBudget.WithoutReplacement(scores, 3);
        double[] Of(int mask, int bit) => [.. pooled.Where((_, i) => (mask >> i & 1) == bit)];
    }

    [Test]
    public void Holm_multiplies_the_smallest_most_and_keeps_the_order() =>
        Assert.That(Holm.Adjusted([0.04, 0.01, 0.03]), Is.EqualTo(new[] { 0.06, 0.03, 0.06 }).Within(1e-15));

    [Test]
    public void Held_out_the_whole_grid_gives_the_run_that_is_best_on_the_other_prompts()
    {
        double[] better = [.. Enumerable.Repeat(2.0, 20)], worse = [.. Enumerable.Repeat(1.0, 20)];
        Assert.That(HeldOutBest.Column([worse, better], 2, seed: 1), Is.All.EqualTo(2));
        Assert.That(HeldOutBest.Column([worse, better], 1, seed: 1), Is.All.EqualTo(1.5));
    }

    [Test]
    public void Held_out_the_best_of_equal_runs_is_not_better_than_any()
    {
        // in sample the best of 50 equal runs on 100 prompts looks 0.22 better
        double inSample = 0, heldOut = 0;
        for (ulong sweep = 0; sweep < 40; sweep++)
        {
            var random = new SeededRandom(sweep, "test/equal");
            double[][] scores = [.. Enumerable.Range(0, 50).Select(_ => Enumerable.Range(0, 100).Select(_ => random.NextNormal()).ToArray())];
            inSample += scores.Max(run => run.Average()) / 40;
            heldOut += HeldOutBest.Column(scores, 50, seed: 1).Average() / 40;
        }

        Assert.That(inSample, Is.GreaterThan(0.2));
        Assert.That(heldOut, Is.EqualTo(0).Within(0.05));
    }

    [Test]
    public void A_budget_beyond_the_runs_is_refused() => Assert.That(() => HeldOutBest.Column([[1, 2]], 2, 1),
        Throws.ArgumentException.With.Message.StartsWith("a budget is 1 to 1 trials of 1 runs, was 2"));

    [Test]
    public void Outcomes_of_one_trial_spread_over_the_runs_and_of_all_trials_are_the_best_run()
    {
        double[] low = [.. Enumerable.Repeat(1.0, 10)], high = [.. Enumerable.Repeat(3.0, 10)];
        var draws = BudgetDraws.Of([low, high], new Bootstrap(10, 1, 1000), 1, "A");
        Assert.That((draws.Quantile(1, 0.1), draws.Quantile(1, 0.9), draws.Quantile(2, 0.1)), Is.EqualTo((1.0, 3.0, 3.0)));
        var sure = BudgetDraws.Of([high], new Bootstrap(10, 1, 1000), 1, "B");
        Assert.That(sure.ChanceToBeat(draws, 1), Is.EqualTo(0.75).Within(0.03), "half the time ahead, half the time level");
    }

    [Test]
    public void Variance_explained_is_one_for_groups_without_spread_and_none_for_equal_groups()
    {
        Assert.That(ExplainedVariance.Of([1, 1, 3, 3], ["a", "a", "b", "b"]), Is.EqualTo(new ExplainedVariance(1, 1 / 3.0)));
        Assert.That(ExplainedVariance.Of([1, 3, 1, 3], ["a", "a", "b", "b"]).Share, Is.Zero);
        // means 1.5 and 3.5 around 2.5: 4 of a total of 5
        Assert.That(ExplainedVariance.Of([1, 2, 3, 4], ["a", "a", "b", "b"]).Share, Is.EqualTo(0.8).Within(1e-15));
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
    public void Points_of_one_seed_tell_nothing_about_seeds() => Assert.That(SeedVariation.Of([[[1.0, 2.0]]]), Is.Null);
}
