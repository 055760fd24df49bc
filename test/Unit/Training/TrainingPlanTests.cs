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

    [TestCase(20, 8, 2, 6), TestCase(16, 8, 3, 6), TestCase(17, 8, 1, 3), TestCase(1, 8, 2, 2), TestCase(0, 8, 2, 0)]
    public void Steps_are_those_of_whole_epochs(int rows, int batchSize, int epochs, int steps) =>
        Assert.That(TrainingPlan.Shuffled(rows, Micro.Settings(batchSize, epochs: epochs)).Steps, Is.EqualTo(steps));

    [Test]
    public void Rates_and_epochs_follow_from_the_step()
    {
        var plan = TrainingPlan.Shuffled(20, Micro.Settings(learningRate: 2) with { Schedule = new(ScheduleShape.Linear, 0.3), MaxGradientNorm = 0.7, Seed = 9 });
        Assert.That(Enumerable.Range(0, 6).Select(step => plan.Rate(step)), Is.EqualTo(new[] { 0, 1, 2, 1.5, 1, 0.5 }));
        Assert.That(new[] { plan.EpochsAfter(0), plan.EpochsAfter(3), plan.EpochsAfter(4) }, Is.EqualTo(new[] { 0, 1, 4 / 3.0 }));
        Assert.That((plan.MaxGradientNorm, plan.Seed, plan.Epochs), Is.EqualTo((0.7, 9ul, 2)));
    }

    [Test]
    public void The_batches_of_an_epoch_are_made_once()
    {
        List<int> made = [];
        var plan = new TrainingPlan(5, 2)
        {
            Epochs = 2,
            Seed = 1,
            Batches = epoch =>
            {
                made.Add(epoch);
                return [[0, 1], [2, 3], [4]];
            },
            LearningRate = (_, _) => 1,
            MaxGradientNorm = 1,
        };
        Assert.That(Enumerable.Range(0, 6).Select(step => string.Join(' ', plan.Rows(step))), Is.EqualTo(new[] { "0 1", "2 3", "4", "0 1", "2 3", "4" }));
        Assert.That(made, Is.EqualTo(new[] { 0, 1 }));
    }
}
