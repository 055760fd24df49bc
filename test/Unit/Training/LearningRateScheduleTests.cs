using Alignment.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Training;

public class LearningRateScheduleTests
{
    // shape, warm-up, steps → the shares of all steps, worked out with transformers' formulas
    private static readonly object[][] s_courses =
    [
        ["Constant", 0.0, new double[] { 1, 1, 1 }],
        ["Constant", 0.4, new[] { 0, 0.25, 0.5, 0.75, 1, 1, 1, 1, 1, 1 }],
        ["Constant", 1.0, new[] { 0, 0.25, 0.5, 0.75 }],
        ["Linear", 0.0, new[] { 1, 0.75, 0.5, 0.25 }],
        ["Linear", 0.2, new[] { 0, 1, 0.75, 0.5, 0.25 }],
        ["Linear", 0.5, new[] { 0, 0.5, 1, 0.5 }],
        ["Linear", 1.0, new[] { 0, 0.5 }],
        ["Cosine", 0.0, new[] { 1, 0.75, 0.25 }], // (1 + cos 60°) / 2, (1 + cos 120°) / 2
        ["Cosine", 0.25, new[] { 0, 1, 0.75, 0.25 }],
        ["Cosine", 0.4, new[] { 0, 0.5, 1, 0.75, 0.25 }],
        ["Cosine", 0.0, new[] { 1.0 }],
    ];

    [TestCaseSource(nameof(s_courses))]
    public void A_course_is_that_of_transformers(string shape, double warmup, double[] shares)
    {
        var schedule = new LearningRateSchedule(Enum.Parse<ScheduleShape>(shape), warmup);
        Assert.That(shares.Select((_, step) => schedule.Share(step, shares.Length)), Is.EqualTo(shares).Within(1e-15));
    }

    [Test]
    public void Warm_up_steps_are_rounded_up() => Assert.That(new LearningRateSchedule(ScheduleShape.Constant, 0.11).Share(1, 10), Is.EqualTo(0.5));

    [Test]
    public void A_warm_up_may_be_given_in_steps()
    {
        var schedule = new LearningRateSchedule(ScheduleShape.Linear, 0.9);
        Assert.That(Enumerable.Range(0, 6).Select(step => schedule.Share(step, 2, 6)), Is.EqualTo(new[] { 0, 0.5, 1, 0.75, 0.5, 0.25 }));
    }

    [Test]
    public void A_cosine_may_rise_and_fall_again()
    {
        var schedule = new LearningRateSchedule(ScheduleShape.Cosine, 0) { Cycles = 1 };
        Assert.That(Enumerable.Range(0, 5).Select(step => schedule.Share(step, 0, 4)), Is.EqualTo(new[] { 1, 0.5, 0, 0.5, 1 }).Within(1e-15));
    }

    [Test]
    public void Behind_the_last_step_there_is_nothing_left() =>
        Assert.That(new LearningRateSchedule(ScheduleShape.Linear, 0).Share(7, 0, 5), Is.Zero);

    [TestCase(0), TestCase(1), TestCase(0.5)]
    public void A_ratio_from_0_to_1_is_taken(double ratio) => Assert.That(new LearningRateSchedule(ScheduleShape.Cosine, ratio).WarmupRatio, Is.EqualTo(ratio));

    [TestCase(1.5, "1.5"), TestCase(-0.1, "-0.1"), TestCase(double.NaN, "NaN")]
    public void Another_ratio_is_refused(double ratio, string text) =>
        Assert.That(() => new LearningRateSchedule(ScheduleShape.Cosine, ratio), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.EqualTo(
            $"warm-up ratio must be in [0, 1], was {text} (Parameter 'WarmupRatio')"));
}
