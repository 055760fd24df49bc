using Alignment.Evaluation;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Evaluation;

/// <summary>Leads and their intervals against numbers of scipy 1.10.1 and numpy 1.24.2.</summary>
public sealed class LeadTests
{
    private static readonly double[][] s_steady = [[3.1, 2.0, 4.4, 1.2, 2.9], [3.4, 2.6, 4.1, 1.9, 3.3], [2.8, 2.2, 4.9, 1.0, 2.6], [3.3, 2.1, 4.6, 1.5, 3.4]];
    private static readonly double[][] s_noisy = [[2.0, 1.1, 3.0, 0.1, 2.2], [2.9, 2.2, 3.3, 1.4, 2.4], [0.7, 0.2, 1.9, -0.9, 1.3], [2.2, 1.4, 2.9, 0.4, 1.8]];

    [TestCase(0.5, 1, 0.7048327646991336)]
    [TestCase(2.0, 2.5, 0.157391495757966)]
    [TestCase(-3.1, 7, 0.017322289425497517)]
    [TestCase(5, 30.7, 2.1999569461110188e-05)]
    [TestCase(12, 4, 0.000276428548502973)]
    [TestCase(1.96, 1e6, 0.04999606758526978)]
    [TestCase(40, 3, 3.438068078915854e-05)]
    [TestCase(0, 3, 1)]
    [TestCase(double.PositiveInfinity, 3, 0)]
    public void Tails_of_Students_t_are_those_of_scipy(double t, double freedom, double p) =>
        Assert.That(Student.TwoSided(t, freedom), Is.EqualTo(p).Within(1e-9 * p));

    // the normal distribution's
    [TestCase(1.96, 0.04999579029644087)]
    [TestCase(0.001, 0.9992021155721779)]
    [TestCase(-5, 5.733031437583866e-07)]
    public void Of_very_many_degrees_of_freedom_the_tails_are_those_of_the_normal_distribution_to_five_digits(double t, double p) =>
        Assert.That(new[] { 1e8, 1e12, double.PositiveInfinity }.Select(freedom => Student.TwoSided(t, freedom)), Is.All.EqualTo(p).Within(1e-5 * p));

    [TestCase(0.05, 1, 12.706204736432102)]
    [TestCase(0.05, 2.7, 3.392148383176445)]
    [TestCase(0.05 / 9, 6, 4.220928422108922)]
    [TestCase(0.01, 599, 2.5840619090364156)]
    [TestCase(0.4, 12.5, 0.8713297044052912)]
    [TestCase(1e-6, 5, 28.47847346300838)]
    [TestCase(1, 5, 0)]
    public void Critical_values_are_those_of_scipy(double p, double freedom, double t) =>
        Assert.That(Student.Critical(p, freedom), Is.EqualTo(t).Within(1e-9));

    [Test]
    public void A_critical_value_of_no_probability_is_refused() => Assert.That(() => Student.Critical(0, 3),
        Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.StartsWith("a critical value needs a probability above 0 and at most 1"));

    [Test]
    public void A_critical_value_of_more_than_all_is_refused() => Assert.That(() => Student.Critical(1.01, 3), Throws.TypeOf<ArgumentOutOfRangeException>());

    [Test]
    public void Repeated_prompts_count_once()
    {
        double[] values = [1, 2, 4, 0.5, 3, 2.5];
        Assert.That(PromptClusters.OfTexts(["a", "b", "a", "c", "b", "d"]).VarianceOfMean(values), Is.EqualTo(0.13991769547325103).Within(1e-15));
        Assert.That(PromptClusters.Each(6).VarianceOfMean(values), Is.EqualTo(0.27777777777777773).Within(1e-15));
        Assert.That(PromptClusters.OfTexts(["a", "b", "a"]).VarianceOfMean([1, 4, 1]), Is.EqualTo(2 * 4.0 * 2 / 9).Within(1e-15), "two are enough");
        Assert.That(PromptClusters.OfTexts(["a", "a", "a"]).VarianceOfMean([0.1, 0.7, 0.3]), Is.NaN, "one is not");
        Assert.That((PromptClusters.Each(6).AreSingle, PromptClusters.OfTexts(["a", "b", "a"]).AreSingle), Is.EqualTo((true, false)));
    }

    [Test]
    public void The_lead_of_repeated_settings_has_the_error_of_seeds_and_prompts_of_an_analysis_of_variance()
    {
        Lead lead = Of(s_steady, s_noisy);
        Assert.That((lead.Value, lead.StandardError, lead.Freedom), Is.EqualTo((1.24, 0.3917588543989784, 3.712372879560682)).Using<(double, double, double)>(Close));
        Estimate interval = lead.Interval(0.95);
        Assert.That((interval.Value, interval.Low, interval.High), Is.EqualTo((1.24, 0.11824772800504824, 2.361752271994952)).Using<(double, double, double)>(Close));
        SeedNoise noise = SeedNoise.Of([new GridSetting("", s_noisy)], PromptClusters.Each(5));
        Assert.That((noise.Between, noise.Within, noise.Freedom), Is.EqualTo((0.5502333333333332, 0.013816666666666668, 3.0)).Using<(double, double, double)>(Close));
    }

    [Test]
    public void Differences_at_shared_values_are_a_paired_t_test_where_a_method_has_one_setting_at_each()
    {
        SettingsLead lead = SettingsLead.Of([("1", 1.1), ("2", 0.7), ("3", 1.9), ("4", 0.2)], [("4", 0.3), ("2", 0.1), ("3", 1.0), ("1", 0.9), ("5", 9)])!;
        Assert.That((lead.Difference.P, lead.Values, lead.Settings), Is.EqualTo((0.16641439358730853, 4, 8)).Using<(double, int, int)>((a, b) => Math.Abs(a.Item1 - b.Item1) < 1e-12 && a.Item2 == b.Item2 && a.Item3 == b.Item3));
        Estimate interval = lead.Difference.Interval(0.95);
        Assert.That((interval.Low, interval.High), Is.EqualTo((-0.2996558321709636, 1.0996558321709635)).Using<(double, double)>((a, b) => Math.Abs(a.Item1 - b.Item1) + Math.Abs(a.Item2 - b.Item2) < 1e-10));
    }

    [Test]
    public void Settings_without_shared_values_are_a_Welch_test()
    {
        SettingsLead lead = SettingsLead.Of([.. new[] { 0.31, 0.52, 0.44, 0.9, 0.71 }.Select(x => ("", x))], [.. new[] { 0.2, 0.25, 0.4 }.Select(x => ("", x))])!;
        Assert.That((lead.Difference.P, lead.Difference.StandardError, lead.Difference.Freedom),
            Is.EqualTo((0.05164453474421305, 0.11990459170153206, 5.823105485987121)).Using<(double, double, double)>(Close));
    }

    [Test]
    public void Shared_values_are_no_noise()
    {
        (string, double)[] first = [("1", 1.0), ("1", 1.2), ("1", 1.1), ("2", 2.0), ("2", 2.3)], second = [("1", 0.8), ("1", 0.9), ("2", 1.5), ("2", 1.9), ("2", 1.6)];
        Lead lead = SettingsLead.Of(first, second)!.Difference;
        Assert.That((lead.Value, lead.StandardError, lead.Freedom), Is.EqualTo((0.3666666666666666, 0.10430546308621433, 5.831060272767267)).Using<(double, double, double)>(Close));
        Assert.That(lead.P, Is.EqualTo(0.013195036666940796).Within(1e-12));
        Assert.That(SettingsLead.Of([.. first.Select(x => ("", x.Item2))], [.. second.Select(x => ("", x.Item2))])!.Difference.P, Is.GreaterThan(0.2), "unblocked");
    }

    // differences of 1 and 2: their error is that of two numbers, whatever one method's settings vary
    [Test]
    public void One_method_with_one_setting_at_each_shared_value_makes_it_a_paired_t_test()
    {
        (string, double)[] several = [("1", 1), ("1", 2), ("2", 3)], single = [("1", 0.5), ("2", 1)];
        Assert.That(SettingsLead.Of(several, single), Is.EqualTo(new SettingsLead(new Lead(1.5, 0.5, 1), 2, 5)));
        Assert.That(SettingsLead.Of(single, several), Is.EqualTo(new SettingsLead(new Lead(-1.5, 0.5, 1), 2, 5)));
    }

    [Test]
    public void One_setting_each_says_nothing_of_settings()
    {
        Assert.That(SettingsLead.Of([("1", 1)], [("1", 2)]), Is.Null);
        Assert.That(SettingsLead.Of([("1", 1)], [("2", 2)]), Is.Null);
    }

    [Test]
    public void Seeds_are_measured_from_three_repeats_on_and_else_counted_as_settings_beside_each_other_differ()
    {
        double[][] Runs(params double[] means) => [.. means.Select(mean => new[] { mean, mean + 1, mean - 1 })];
        SeedNoise Of(params GridSetting[] settings) => SeedNoise.Of(settings, PromptClusters.Each(3));
        Assert.That(Of(new("1", Runs(1, 2)), new("2", Runs(1, 3, 2))), Is.EqualTo(new SeedNoise(SeedKnowledge.Measured, 2.5 / 3, 0, 3)));
        // settings of 1, 2 and 6, two of them at one learning rate
        Assert.That(Of(new("1", Runs(1)), new("1", Runs(2)), new("2", Runs(6))), Is.EqualTo(new SeedNoise(SeedKnowledge.AtMost, 0.5, 0, 1)));
        Assert.That(Of(new("1", Runs(1, 2)), new("2", Runs(6))), Is.EqualTo(new SeedNoise(SeedKnowledge.AtMost, 0.5, 0, 1)));
        Assert.That(Of(new("1", Runs(1)), new("2", Runs(6))).Known, Is.EqualTo(SeedKnowledge.None));
        Assert.That(Of(new("1", Runs(1)), new("1", Runs(2))).Variance, Is.Zero, "a bound is no measurement");
        // means 2 and 4, and 2 and 6 of two repeats, whose prompts' part is known
        double[][] repeats = [[1, 2, 3], [5, 5, 8]];
        Assert.That(Of(new("1", [[0, 1, 5]]), new("1", [[4, 4, 4]]), new("2", repeats)),
            Is.EqualTo(new SeedNoise(SeedKnowledge.AtMost, 5, SeedVariation.Of([repeats])!.Within, 2)).And.Property("Within").GreaterThan(0));
    }

    [Test]
    public void A_leads_variance_is_that_of_prompts_and_of_each_methods_seeds_and_what_picking_adds_is_taken_off()
    {
        double[] column = [1, 2, 4, 0.5, 3, 2.5];
        PromptClusters prompts = PromptClusters.OfTexts(["a", "b", "a", "c", "b", "d"]);
        SeedNoise first = new(SeedKnowledge.Measured, 0.8, 0.1, 5), second = new(SeedKnowledge.AtMost, 0.3, 0.02, 2), unknown = new(SeedKnowledge.None, double.NaN, 0, 0);
        Lead lead = GridLead.Of(column, [new CountedSeeds(0.5, first, 0.4), new CountedSeeds(0.25, second, -0.1), new CountedSeeds(1, unknown, 0.2)], prompts);
        double onPrompts = 0.13991769547325103 - (0.5 * 0.1) - (0.25 * 0.02), one = 0.5 * 0.8, two = 0.25 * 0.3, variance = onPrompts + one + two;
        Assert.That((lead.Value, lead.StandardError, lead.Freedom), Is.EqualTo((
            (13 / 6.0) - 0.5, Math.Sqrt(variance + (0.5 * (0.16 + 0.01 + 0.04))), variance * variance / ((onPrompts * onPrompts / 3) + (one * one / 5) + (two * two / 2))))
            .Using<(double, double, double)>(Close));

        // responses' own noise above all that prompts show leaves nothing to them
        lead = GridLead.Of(column, [new CountedSeeds(0.5, first with { Within = 9 })], prompts);
        Assert.That((lead.StandardError, lead.Freedom), Is.EqualTo((Math.Sqrt(one), 5.0)).Using<(double, double)>((a, b) => Math.Abs(a.Item1 - b.Item1) + Math.Abs(a.Item2 - b.Item2) < 1e-9));
    }

    [Test]
    public void A_pick_is_compared_with_another_methods_with_a_run_that_is_not_trained_again_and_with_nothing()
    {
        var bootstrap = new Bootstrap(5, 1, 100);
        GridSetting[] settings = [new GridSetting("", s_steady), new GridSetting("", s_noisy)];
        GridPicks a = new("a", settings, bootstrap, 1), b = new("b", [settings[1], new GridSetting("", [s_steady[0]])], bootstrap, 2);
        double[] sft = [1, 0.5, 2, -1, 0];
        Assert.That(a.Curse(2), Is.Not.Zero);
        Assert.That(GridLead.Of(a, b, [1, 2], bootstrap.Clusters), Is.EqualTo(GridLead.Of(Minus(a.Column(1, 2), b.Column(1, 2)), [a.Counted([1, 2]), b.Counted([1, 2], -1)], bootstrap.Clusters)));
        Assert.That(GridLead.OfOne(a, 2, bootstrap.Clusters), Is.EqualTo(GridLead.Of(a.Column(2), [a.Counted([2])], bootstrap.Clusters)));
        Assert.That(GridLead.OfOne(a, 2, bootstrap.Clusters, sft), Is.EqualTo(GridLead.Of(Minus(a.Column(2), sft), [a.Counted([2])], bootstrap.Clusters)));

        static double[] Minus(double[] first, double[] second) => [.. first.Zip(second, (x, y) => x - y)];
    }

    [Test]
    public void Two_equal_runs_have_no_lead_and_one_for_sure_differs()
    {
        Assert.That(new Lead(0, 0, double.PositiveInfinity).P, Is.EqualTo(1));
        Assert.That(new Lead(1, 0, double.PositiveInfinity).P, Is.Zero);
        Assert.That(new Lead(1, 0, double.PositiveInfinity).Interval(0.95), Is.EqualTo(new Estimate(1, 1, 1)));
        Assert.That(new Lead(1, double.NaN, 3).P, Is.EqualTo(1), "of a single prompt nothing is known");
        Assert.That(Lead.OfParts(1, [(0, 3), (0, 2)]), Is.EqualTo(new Lead(1, 0, double.PositiveInfinity)), "what does not vary is known for sure");
    }

    [Test]
    public void The_smallest_lead_is_found_four_times_in_five()
    {
        // normal limit: (1.960 + 0.842) standard errors
        Assert.That(new Lead(0, 0.1, 1e7).Smallest(0.95), Is.EqualTo(0.28016).Within(1e-4));
        // of six degrees of freedom: (2.4469 + 0.9057) standard errors
        Assert.That(new Lead(5, 0.1, 6).Smallest(0.95), Is.EqualTo(0.33526).Within(1e-4));
    }

    private static Lead Of(double[][] first, double[][] second)
    {
        var bootstrap = new Bootstrap(5, 1, 100);
        return GridLead.Of(new GridPicks("a", [new GridSetting("", first)], bootstrap, 1), new GridPicks("b", [new GridSetting("", second)], bootstrap, 1), [1], bootstrap.Clusters);
    }

    private static bool Close((double, double, double) a, (double, double, double) b) =>
        Math.Abs(a.Item1 - b.Item1) < 1e-9 && Math.Abs(a.Item2 - b.Item2) < 1e-9 && Math.Abs(a.Item3 - b.Item3) < 1e-7;
}
