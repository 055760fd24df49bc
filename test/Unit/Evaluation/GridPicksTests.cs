using Alignment.Evaluation;
using Alignment.Files;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Evaluation;

/// <summary>Picks and their curse against every choice of settings, one by one.</summary>
public sealed class GridPicksTests
{
    private const int Prompts = 7, Resamples = 40;

    private static readonly Bootstrap s_bootstrap = new(Prompts, 3, Resamples);

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    [TestCase(5)]
    public void A_pick_is_the_best_of_every_choice_of_settings(int trials)
    {
        GridSetting[] settings = Settings(1, 3, 2, 1, 2);
        double[] column = new double[Prompts];
        int[][] choices = Choices(settings.Length, trials);
        foreach (int[] choice in choices)
        {
            double[] best = choice.Select(i => settings[i].Column).MaxBy(scores => scores.Average())!;
            for (int prompt = 0; prompt < Prompts; prompt++)
                column[prompt] += best[prompt] / choices.Length;
        }

        GridPicks picks = new("m", settings, s_bootstrap, 1);
        Assert.That(picks.Column(trials), Is.EqualTo(column).Within(1e-12));
        Assert.That(picks.Settings, Is.EqualTo(5));
    }

    [TestCase(2, true)]
    [TestCase(3, true)]
    [TestCase(5, true)]
    [TestCase(3, false)]
    public void The_curse_is_what_a_resamples_pick_scores_there_above_what_it_scores_here(int trials, bool repeated)
    {
        GridSetting[] settings = repeated ? Settings(1, 3, 2, 1, 2) : Settings(1, 1, 1, 1, 1);
        GridPicks picks = new("m", settings, s_bootstrap, 9);
        Assert.That(picks.Noise.Known, Is.EqualTo(repeated ? SeedKnowledge.Measured : SeedKnowledge.AtMost));

        // the seeds' noise is drawn setting by setting, best first, and only where it is measured
        GridSetting[] ranked = [.. settings.OrderByDescending(setting => setting.Column.Average())];
        double[][] drawn = s_bootstrap.ResampledMeans([.. ranked.Select(setting => setting.Column)]);
        var random = new SeededRandom(9, "picks/m");
        double[] means = [.. ranked.Select(setting => setting.Column.Average())];
        for (int s = 0; s < ranked.Length; s++)
        {
            if (repeated)
                drawn[s] = [.. drawn[s].Select(mean => mean + Math.Sqrt(picks.Noise.Variance / ranked[s].Runs.Count) * random.NextNormal())];
            double shift = drawn[s].Average() - means[s];
            drawn[s] = [.. drawn[s].Select(mean => mean - shift)];
        }

        double curse = Enumerable.Range(0, Resamples).Average(draw => Choices(ranked.Length, trials).Average(choice =>
        {
            int pick = choice.MaxBy(i => drawn[i][draw]);
            return drawn[pick][draw] - means[pick];
        }));
        Assert.That(picks.Curse(trials), Is.EqualTo(curse).Within(1e-12).And.GreaterThan(0));
        double again = picks.Curse(trials);
        Assert.That(again, Is.EqualTo(picks.Curse(trials)), "asked again");
        Assert.That(new GridPicks("m", settings, s_bootstrap, 9).Curse(trials), Is.EqualTo(picks.Curse(trials)), "the same seed");
        Assert.That(new GridPicks("other", settings, s_bootstrap, 9).Curse(trials), repeated ? Is.Not.EqualTo(picks.Curse(trials)) : Is.EqualTo(picks.Curse(trials)));
    }

    [Test]
    public void One_at_random_and_one_alone_are_no_pick_and_beyond_all_settings_is_nothing_more()
    {
        GridPicks picks = new("m", Settings(2, 2, 2), s_bootstrap, 1), single = new("m", Settings(4), s_bootstrap, 1);
        Assert.That((picks.Curse(1), single.Curse(1), single.Curse(3)), Is.EqualTo((0.0, 0.0, 0.0)));
        Assert.That((picks.Curse(9), picks.SeedShare(9)), Is.EqualTo((picks.Curse(3), picks.SeedShare(3))));
        Assert.That(picks.Column(9), Is.EqualTo(picks.Column(3)));
    }

    [Test]
    public void Over_several_budgets_the_pick_is_the_average_of_theirs()
    {
        GridPicks picks = new("m", Settings(1, 3, 2, 1, 2), s_bootstrap, 1);
        Assert.That(picks.Column(1, 3, 5), Is.EqualTo(Enumerable.Range(0, Prompts).Select(prompt => new[] { 1, 3, 5 }.Average(trials => picks.Column(trials)[prompt]))).Within(1e-12));
        Assert.That(picks.Curse(1, 3, 5), Is.EqualTo(new[] { 1, 3, 5 }.Average(trials => picks.Curse(trials))).Within(1e-15).And.GreaterThan(0));
        // the weights 1/3 of all, and 1 of the first: their squares after they are averaged
        GridPicks three = new("m", [Setting(9, 2), Setting(5, 4), Setting(1, 1)], s_bootstrap, 1);
        Assert.That(three.SeedShare(1, 3), Is.EqualTo(4 / 9.0 / 2 + 1 / 36.0 / 4 + 1 / 36.0).Within(1e-15));
        CountedSeeds counted = picks.Counted([1, 3]);
        Assert.That((counted.Share, counted.Curse), Is.EqualTo((picks.SeedShare(1, 3), picks.Curse(1, 3))));
    }

    [Test]
    public void Seeds_count_by_the_square_of_a_settings_weight_over_its_runs()
    {
        GridSetting[] settings = [Setting(9, 2), Setting(5, 4), Setting(1, 1)];
        GridPicks picks = new("m", settings, s_bootstrap, 1);
        // two of three: the best with chance 2/3, the second with 1/3
        Assert.That(picks.SeedShare(2), Is.EqualTo(4 / 9.0 / 2 + 1 / 9.0 / 4).Within(1e-15));
        Assert.That(picks.SeedShare(1), Is.EqualTo((1 / 2.0 + 1 / 4.0 + 1) / 9).Within(1e-15));
        CountedSeeds over = picks.Counted([2]), under = picks.Counted([2], -1);
        Assert.That((over.Share, over.Noise, over.Curse), Is.EqualTo((picks.SeedShare(2), picks.Noise, picks.Curse(2))));
        Assert.That((under.Share, under.Curse), Is.EqualTo((picks.SeedShare(2), -picks.Curse(2))));
    }

    [Test]
    public void Settings_are_ranked_by_their_means_and_equal_ones_are_no_pick()
    {
        double[] steady = [2, 2, 2, 2, 2, 2, 2], once = [9, 0, 0, 0, 0, 0, 0];
        GridPicks picks = new("m", [new GridSetting("", [once]), new GridSetting("", [steady])], s_bootstrap, 1);
        Assert.That(picks.Column(2), Is.EqualTo(steady));
        Assert.That(new GridPicks("m", [new GridSetting("a", [once]), new GridSetting("b", [once]), new GridSetting("c", [once])], s_bootstrap, 1).Curse(2), Is.Zero.Within(1e-12));
    }

    [Test]
    public void What_is_known_of_seeds_from_elsewhere_is_used()
    {
        SeedNoise noise = new(SeedKnowledge.Measured, 4, 1, 8);
        GridSetting[] settings = Settings(1, 1, 1);
        GridPicks picks = new("m", settings, s_bootstrap, 1, noise);
        Assert.That((picks.Noise, noise.Variance), Is.EqualTo((noise, 3.0)));
        Assert.That(picks.Curse(3), Is.GreaterThan(new GridPicks("m", settings, s_bootstrap, 1).Curse(3)), "noise makes picks look better");
        Assert.That(new SeedNoise(SeedKnowledge.Measured, 1, 4, 8).Variance, Is.Zero, "no less than none");
    }

    // seeds' scores around a level, prompts of unequal difficulty
    private static GridSetting Setting(double level, int seeds)
    {
        var random = new SeededRandom((ulong)(100 * level + seeds), "test/picks");
        return new GridSetting("", [.. Enumerable.Range(0, seeds).Select(_ =>
        {
            double luck = 0.5 * random.NextNormal();
            return Enumerable.Range(0, Prompts).Select(prompt => level + luck + prompt % 3 + 0.4 * random.NextNormal()).ToArray();
        })]);
    }

    private static GridSetting[] Settings(params int[] seeds) => [.. seeds.Select((count, i) => Setting(0.3 * (i * 2 % 5), count))];

    private static int[][] Choices(int count, int size) =>
        [.. Enumerable.Range(0, 1 << count).Select(mask => Enumerable.Range(0, count).Where(i => (mask >> i & 1) == 1).ToArray()).Where(choice => choice.Length == size)];
}
