using Alignment.Bench.Tracking;
using Alignment.Files;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Bench;

public class TimeJudgeTests
{
    private static readonly JudgeSettings s_settings = new();

    [Test]
    public void A_slowed_down_copy_is_found_and_a_sped_up_one_too()
    {
        var random = new SeededRandom(1, "test/judge");
        double[][] original = Rounds(random, 1, 0.02), slower = Rounds(random, 1.15, 0.02);
        Assert.That(TimeJudge.Judge(original, slower, s_settings).Change, Is.EqualTo(TimeChange.Slower));
        Assert.That(TimeJudge.Judge(slower, original, s_settings).Change, Is.EqualTo(TimeChange.Faster));
        Assert.That(TimeJudge.Judge(original, slower, s_settings).Ratio, Is.EqualTo(1.15).Within(0.03));
    }

    [Test]
    public void An_identical_copy_is_not()
    {
        double[][] rounds = Rounds(new SeededRandom(2, "test/judge"), 1, 0.02);
        Assert.That(TimeJudge.Judge(rounds, rounds, s_settings), Is.EqualTo(new TimeVerdict(TimeChange.None, 1, TimeJudge.NoiseFloor(rounds))));
    }

    [Test]
    public void A_difference_below_the_threshold_does_not_count_however_sure_it_is()
    {
        double[][] original = [.. Enumerable.Range(0, 6).Select(_ => new[] { 100.0, 100.1, 100.2, 100.3 })];
        double[][] slower = [.. original.Select(round => round.Select(time => time * 1.04).ToArray())];
        Assert.That(TimeJudge.Judge(original, slower, s_settings).Change, Is.EqualTo(TimeChange.None));
        Assert.That(TimeJudge.Judge(original, slower, s_settings with { Threshold = 0.03 }).Change, Is.EqualTo(TimeChange.Slower));
    }

    [Test]
    public void The_noise_floor_is_twice_the_median_distance_of_a_round()
    {
        double[][] rounds = [[90], [95], [100], [105], [200]];
        Assert.That(TimeJudge.NoiseFloor(rounds), Is.EqualTo(2 * 0.05).Within(1e-12));
        Assert.That(TimeJudge.NoiseFloor([[5, 6, 7]]), Is.Zero);
    }

    [Test]
    public void A_version_that_differs_from_itself_is_not_believed()
    {
        double[][] restless = [[100, 101], [140, 141], [100, 102], [141, 142], [101, 102], [140, 143]];
        double[][] slower = [.. restless.Select(round => round.Select(time => time * 1.2).ToArray())];
        Assert.That(TimeJudge.Judge(restless, slower, s_settings).Change, Is.EqualTo(TimeChange.None));
    }

    // 400 comparisons on a machine whose rounds differ by 6 %, one in ten of them disturbed: who is slower twice?
    [TestCase(1.0, 0, 0.0)]
    [TestCase(1.5, 0.8, 1)]
    public void On_a_busy_machine_equal_versions_pass_and_slow_ones_are_caught(double factor, double least, double most)
    {
        var random = new SeededRandom(3, "test/judge");
        int caught = Enumerable.Range(0, 400).Count(_ => Slower() && Slower());
        Assert.That(caught / 400.0, Is.InRange(least, most));

        bool Slower() => TimeJudge.Judge(Rounds(random, 1, 0.06, 0.1), Rounds(random, factor, 0.06, 0.1), s_settings).Change == TimeChange.Slower;
    }

    // 6 rounds of 4 iterations; a round has its own luck
    private static double[][] Rounds(SeededRandom random, double factor, double luck, double disturbed = 0) => [.. Enumerable.Range(0, 6).Select(_ =>
    {
        double round = 1e6 * factor * Math.Exp(luck * random.NextNormal()) * (random.NextDouble() < disturbed ? 1.2 + random.NextDouble() : 1);
        return Enumerable.Range(0, 4).Select(_ => round * Math.Exp(0.015 * random.NextNormal())).ToArray();
    })];
}
