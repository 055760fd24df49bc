using Alignment.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Training;

public class LearningRateScheduleTests
{
    [Test]
    public void Warm_up_starts_at_zero_and_reaches_the_peak() =>
        Assert.That(Shares(new(ScheduleShape.Constant, 0.4), 10), Is.EqualTo(new[] { 0, 0.25, 0.5, 0.75, 1, 1, 1, 1, 1, 1 }));

    [Test]
    public void Linear_falls_straight_to_zero() =>
        Assert.That(Shares(new(ScheduleShape.Linear, 0), 4), Is.EqualTo(new[] { 1, 0.75, 0.5, 0.25 }));

    [Test]
    public void Cosine_is_at_half_in_the_middle() =>
        Assert.That(new LearningRateSchedule(ScheduleShape.Cosine, 0.2).Share(60, 100), Is.EqualTo(0.5).Within(1e-15));

    [Test]
    public void Warm_up_steps_are_rounded_up() => Assert.That(new LearningRateSchedule(ScheduleShape.Constant, 0.11).Share(1, 10), Is.EqualTo(0.5));

    [Test]
    public void A_ratio_outside_0_to_1_is_refused() =>
        Assert.That(() => new LearningRateSchedule(ScheduleShape.Cosine, 1.5), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.EqualTo(
            "warm-up ratio must be in [0, 1], was 1.5 (Parameter 'WarmupRatio')"));

    private static double[] Shares(LearningRateSchedule schedule, int steps) => [.. Enumerable.Range(0, steps).Select(step => schedule.Share(step, steps))];
}
