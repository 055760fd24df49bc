using Alignment.Evaluation;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Evaluation;

/// <summary>How often intervals of leads hold the truth, over simulated sweeps: -p:Simulations=2000 for a close look.</summary>
public sealed class LeadCoverageTests
{
    private static readonly int s_sweeps = int.Parse(TestContext.Parameters.Get("Simulations") ?? "500", System.Globalization.CultureInfo.InvariantCulture);

    // 95 ± 1 %, and what the number of sweeps leaves open
    private static double Slack => 0.01 + 2.6 * Math.Sqrt(0.95 * 0.05 / s_sweeps);

    [TestCase(new[] { 1 }, 4, 1, 0.05, 0.4, TestName = "A_setting_at_random")]
    [TestCase(new[] { 4 }, 4, 1, 0.05, 0.4, TestName = "The_best_of_all")]
    [TestCase(new[] { 2 }, 5, 1, 0.2, 0.2, TestName = "The_best_of_two_of_four")]
    [TestCase(new[] { 4 }, 3, 4, 0.05, 0.3, TestName = "Four_responses_a_prompt")]
    [TestCase(new[] { 1, 4 }, 4, 1, 0.05, 0.4, TestName = "On_average_over_two_budgets")]
    [TestCase(new[] { 1, 2, 4 }, 4, 1, 0.1, 0.1, TestName = "On_average_over_three_budgets")]
    public void The_lead_of_picks_is_covered(int[] budgets, int seeds, int responses, double firstDeviation, double secondDeviation)
    {
        int covered = Count(sweep =>
        {
            var methods = new SimulatedMethods(sweep) { Responses = responses };
            var bootstrap = new Bootstrap(methods.Clusters, 1, 200);
            double[] a = methods.Truth(4, 0.3), b = methods.Truth(4, 0.3);
            GridSetting[] first = methods.Settings(a, seeds, firstDeviation), second = methods.Settings(b, seeds, secondDeviation);
            Estimate lead = GridLead.Of(new GridPicks("a", first, bootstrap, sweep), new GridPicks("b", second, bootstrap, sweep), budgets, bootstrap.Clusters).Interval(0.95);
            double truth = budgets.Average(trials => OfPicks(first, a, trials) - OfPicks(second, b, trials));
            return lead.Low <= truth && truth <= lead.High;
        });
        TestContext.Out.WriteLine(FormattableString.Invariant($"{covered / (double)s_sweeps:F4} of {s_sweeps}"));
        Assert.That(covered / (double)s_sweeps, Is.EqualTo(0.95).Within(Slack));
    }

    [Test]
    public void Without_clusters_four_responses_a_prompt_would_claim_too_much()
    {
        int covered = Count(sweep =>
        {
            var methods = new SimulatedMethods(sweep) { Responses = 4, Prompts = 30 };
            double[] run = methods.Settings([0], 1, 0)[0].Column;
            Estimate mean = new Bootstrap(120, 1, 200).Mean(run);
            return mean.Low <= 0 && 0 <= mean.High;
        });
        Assert.That(covered / (double)s_sweeps, Is.LessThan(0.8));
    }

    [Test]
    public void The_mean_over_repeated_prompts_is_covered()
    {
        int covered = Count(sweep =>
        {
            var methods = new SimulatedMethods(sweep) { Responses = 4, Prompts = 200 };
            Estimate mean = new Bootstrap(methods.Clusters, 1, 400).Mean(methods.Settings([0], 1, 0)[0].Column);
            return mean.Low <= 0 && 0 <= mean.High;
        });
        Assert.That(covered / (double)s_sweeps, Is.EqualTo(0.95).Within(Slack));
    }

    [TestCase(3, 4, 5)]
    [TestCase(1, 4, 5)]
    [TestCase(2, 2, 3)]
    public void The_lead_of_settings_like_these_is_covered(int firstSettings, int secondSettings, int values)
    {
        int covered = Count(sweep =>
        {
            var random = new Alignment.Files.SeededRandom(sweep, "test/settings");
            double[] shared = [.. Enumerable.Range(0, values).Select(_ => 3 * random.NextNormal())];
            (string, double)[] Method(int settings, double deviation, double lead) =>
                [.. shared.SelectMany((level, value) => Enumerable.Range(0, settings).Select(_ => ($"{value}", lead + level + deviation * random.NextNormal())))];
            Estimate lead = SettingsLead.Of(Method(firstSettings, 0.1, 0.5), Method(secondSettings, 0.4, 0))!.Difference.Interval(0.95);
            return lead.Low <= 0.5 && 0.5 <= lead.High;
        });
        Assert.That(covered / (double)s_sweeps, Is.EqualTo(0.95).Within(Slack));
    }

    [Test]
    public void The_pick_looks_better_than_it_is_and_the_correction_takes_most_of_that_off()
    {
        double looks = 0, corrected = 0;
        for (ulong sweep = 0; sweep < 200; sweep++)
        {
            // equal settings: the best of eight is luck alone
            var methods = new SimulatedMethods(sweep);
            var bootstrap = new Bootstrap(methods.Clusters, 1, 200);
            var picks = new GridPicks("a", methods.Settings(new double[8], 3, 0.2), bootstrap, sweep);
            double mean = picks.Column(8).Average() - picks.Column(1).Average();
            looks += mean / 200;
            corrected += (mean - picks.Curse(8) + picks.Curse(1)) / 200;
        }

        Assert.That(looks, Is.GreaterThan(0.15));
        Assert.That(corrected, Is.InRange(-0.02, looks / 3));
    }

    // the truth of what these runs pick
    private static double OfPicks(GridSetting[] settings, double[] truth, int trials) => BestOfBudget.Weights(settings.Length, trials)
        .Zip(settings.Zip(truth).OrderByDescending(pair => pair.First.Column.Sum()), (weight, pair) => weight * pair.Second).Sum();

    private static int Count(Func<ulong, bool> holds)
    {
        int count = 0;
        Parallel.For(0, s_sweeps, sweep => Interlocked.Add(ref count, holds((ulong)sweep) ? 1 : 0));
        return count;
    }
}
