using Alignment.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Training;

public class TrainingPlanTests
{
    [Test]
    public void An_epoch_visits_every_row_once()
    {
        Assert.That(TrainingPlan.Order(100, 7, 3).Order(), Is.EqualTo(Enumerable.Range(0, 100)));
        Assert.That(TrainingPlan.Order(0, 7, 3), Is.Empty);
    }

    [Test]
    public void The_order_depends_on_seed_and_epoch_and_on_nothing_else()
    {
        int[] order = TrainingPlan.Order(50, 7, 3);
        Assert.That(TrainingPlan.Order(50, 7, 3), Is.EqualTo(order));
        Assert.That(TrainingPlan.Order(50, 8, 3), Is.Not.EqualTo(order));
        Assert.That(TrainingPlan.Order(50, 7, 4), Is.Not.EqualTo(order));
    }

    [Test]
    public void Any_step_can_be_asked_for_first()
    {
        TrainingPlan whole = Plan(), late = Plan();
        int[][] steps = [.. Enumerable.Range(0, 6).Select(step => whole.Rows(step))];
        Assert.That(whole.Steps, Is.EqualTo(6));
        Assert.That(late.Rows(4), Is.EqualTo(steps[4]));
        Assert.That(late.Rows(1), Is.EqualTo(steps[1]));
        Assert.That(steps.Select(rows => rows.Length), Is.EqualTo(new[] { 8, 8, 4, 8, 8, 4 }));
        Assert.That(steps[..3].SelectMany(rows => rows), Is.EqualTo(TrainingPlan.Order(20, 3, 0)));
        Assert.That(Enumerable.Range(1, 6).Where(step => whole.EndsEpoch(step)), Is.EqualTo(new[] { 3, 6 }));

        static TrainingPlan Plan() => TrainingPlan.Shuffled(20, Micro.Settings());
    }
}
