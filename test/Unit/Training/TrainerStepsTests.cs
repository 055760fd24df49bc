using System.Text;
using System.Text.Json;
using Alignment.Kernels.Optimiser;
using Alignment.Training;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Training;

/// <summary>The loop's steps in numbers that can be worked out, on <see cref="PointGoal"/>.</summary>
[NonParallelizable]
public class TrainerStepsTests
{
    private static readonly float[][] s_points = [[3, 4], [0.3f, 0.4f], [-3, 4], [0, 0]];

    private TemporaryFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = new();

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [TestCase(1, null), TestCase(double.PositiveInfinity, null), TestCase(2, 20.0)]
    public void A_step_is_adamw_at_the_plans_rate_with_the_gradient_scaled_down_to_the_largest_norm(double maxNorm, double? knownNorm)
    {
        using var scope = NewDisposeScope();
        using PointGoal goal = new(s_points) { MaxGradientNorm = maxNorm, KnownNorm = knownNorm };
        TrainingResult result = new Trainer(goal, Run()).Train();

        Tensor weight = tensor(new[] { 1f, -1f }), first = zeros(2), second = zeros(2);
        for (int step = 0; step < 4; step++)
        {
            Tensor point = tensor(s_points[step]);
            double norm = knownNorm ?? point.norm().item<float>(), rate = 0.1 * (step + 1) / 4;
            Assert.That(Logged("loss")[step], Is.EqualTo((weight * point).sum().item<float>()).Within(1e-6));
            Assert.That(Logged("grad_norm")[step], Is.EqualTo(norm).Within(1e-6));
            Assert.That(Logged("learning_rate")[step], Is.EqualTo(rate));
            PlainAdamW.Step(new([weight], [point * Math.Min(1, maxNorm / (norm + 1e-6))], [first], [second]), step + 1, new() { LearningRate = rate, WeightDecay = 0.5 });
        }
        Assert.That(Micro.Numbers(goal.Weight), Is.EqualTo(Micro.Numbers(weight)).Within(1e-6));
        Assert.That((result.Steps, result.Tokens), Is.EqualTo((4L, 46L)));
        Assert.That(goal.Weight.grad, Is.Null, "its memory is wanted elsewhere");
        Assert.That(goal.Finished);
    }

    [Test]
    public void A_line_is_written_for_each_batch()
    {
        using PointGoal goal = new([.. s_points, [1, 1]]) { BatchSize = 2, Epochs = 2 };
        TrainingResult result = new Trainer(goal, Run()).Train();
        Assert.That(Logged("step"), Is.EqualTo(new[] { 1, 2, 3, 4, 5, 6 }));
        Assert.That(Logged("epoch"), Is.EqualTo(new[] { 1, 2, 3, 4, 5, 6 }.Select(step => step / 3.0)));
        Assert.That(Logged("rows"), Is.EqualTo(new[] { 0.5, 2.5, 4, 0.5, 2.5, 4 }));
        Assert.That(Logged("num_tokens"), Is.EqualTo(new[] { 21, 46, 60, 81, 106, 120 }));
        Assert.That((result.Steps, result.Tokens, goal.EpochsEnded), Is.EqualTo((6L, 120L, 2)));
    }

    [Test]
    public void A_folder_is_made_and_every_step_is_an_event_where_they_are_asked_for()
    {
        string folder = Path.Combine(_folder.Path, "run");
        using PointGoal goal = new(s_points);
        new Trainer(goal, Run() with { Folder = folder, EventFolder = _folder.Path }).Train();
        Assert.That(File.ReadAllLines(Path.Combine(folder, "steps.jsonl")), Has.Length.EqualTo(4));
        Assert.That(Encoding.Latin1.GetString(File.ReadAllBytes(_folder.File(EventLog.FileName))).Split("train/loss"), Has.Length.EqualTo(1 + 4));
    }

    [Test]
    public void A_goal_may_end_training_after_an_epoch_and_not_within_one()
    {
        using PointGoal goal = new(s_points) { BatchSize = 2, Epochs = 5, EndsAfter = 2 };
        Assert.That(new Trainer(goal, Run()).Train().Steps, Is.EqualTo(4));
        Assert.That((goal.EpochsEnded, goal.Finished, Logged("step").Length), Is.EqualTo((2, true, 4)));
    }

    [Test]
    public void Speed_and_time_left_are_of_the_clock_and_a_run_that_goes_on_adds_its_time()
    {
        var clock = new SteppedClock();
        List<TrainingProgress> told = [];
        TrainingResult result = Stopped(after: 2, Batch, told.Add, clock);
        Assert.That(told.Select(one => one.TokensPerSecond), Is.EqualTo(new[] { 10 / 2.0, 11 / 4.0, 12 / 1.0, 13 / 1.0 }));
        Assert.That(told.Select(one => one.TimeLeft.TotalSeconds), Is.EqualTo(new[] { 6, 6, 1, 0 }), "of the steps since the start or the last stop");
        Assert.That(told.Select(one => (one.Goal, one.Step, one.Steps)), Is.EqualTo(new[] { ("point", 1L, 4L), ("point", 2, 4), ("point", 3, 4), ("point", 4, 4) }));
        Assert.That(told.Select(one => one.Loss), Is.EqualTo(Logged("loss")));
        Assert.That(Logged("tokens_per_second"), Is.EqualTo(told.Select(one => one.TokensPerSecond)));
        Assert.That((result.Seconds, result.Tokens), Is.EqualTo((8.0, 46L)));

        void Batch(IReadOnlyList<int> rows) => clock.Now += TimeSpan.FromSeconds(rows[0] switch { 0 => 2, 1 => 4, _ => 1 });
    }

    [Test]
    public void A_stopped_run_goes_on_with_the_goals_own_state([Values(0, 1, 3)] int after)
    {
        using PointGoal whole = new(s_points);
        using TemporaryFolder other = new();
        new Trainer(whole, new() { Folder = other.Path }).Train();
        long batches = 0;
        float[] weights = [];
        Stopped(after, _ => { }, _ => { }, new SteppedClock(), goal => (batches, weights) = (goal.Batches, Micro.Numbers(goal.Weight)));
        Assert.That(batches, Is.EqualTo(4));
        Assert.That(weights, Is.EqualTo(Micro.Numbers(whole.Weight)));
        Assert.That(Logged("step"), Is.EqualTo(new[] { 1, 2, 3, 4 }));
    }

    [TestCase(float.NaN, 0, "loss is NaN")]
    [TestCase(float.PositiveInfinity, 0, "loss is Infinity")]
    [TestCase(3e38f, 3e38f, "gradient norm is Infinity")]
    public void What_is_not_finite_stops_the_run_before_the_weights_are_touched(float x, float y, string what)
    {
        using PointGoal goal = new([[1, 2], [x, y], [1, 1]]) { BatchSize = 1 };
        Assert.That(() => new Trainer(goal, Run()).Train(), Throws.TypeOf<NonFiniteLossException>().With.Message.StartsWith($"point step 2: the {what}; last finite values: step 1, loss -1, ")
            .And.Message.EndsWith("; rows of the batch: point 1").And.Property(nameof(NonFiniteLossException.OfPolicy)).True);
        Assert.That(Micro.Numbers(goal.Weight), Has.All.Matches<float>(float.IsFinite));
        Assert.That(goal.Weight.grad, Is.Null);
        Assert.That(goal.Finished, Is.False);
    }

    [Test]
    public void A_gold_model_that_diverges_is_not_the_policy() =>
        Assert.That(new NonFiniteLossException("loss is NaN", RewardGoal.Gold, 1, [], null).OfPolicy, Is.False);

    // stops after some steps, and goes on with a fresh goal
    private TrainingResult Stopped(int after, Action<IReadOnlyList<int>> batch, Action<TrainingProgress> told, SteppedClock clock, Action<PointGoal>? look = null)
    {
        using var stop = new CancellationTokenSource();
        if (after == 0)
            stop.Cancel();
        var run = Run() with
        {
            Clock = clock,
            Progress = new Immediate<TrainingProgress>(one =>
            {
                told(one);
                if (one.Step == after)
                    stop.Cancel();
            }),
        };
        using PointGoal first = new(s_points) { Told = batch }, second = new(s_points) { Told = batch };
        Assert.That(() => new Trainer(first, run).Train(stop.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(Directory.GetDirectories(_folder.Path).Select(Path.GetFileName), Is.EqualTo(new[] { $"checkpoint-0000000{after}" }));
        clock.Now += TimeSpan.FromHours(1);
        TrainingResult result = new Trainer(second, run).Train();
        look?.Invoke(second);
        return result;
    }

    private TrainingRun Run() => new() { Folder = _folder.Path, Clock = new SteppedClock() };

    private double[] Logged(string name) =>
        [.. File.ReadLines(_folder.File("steps.jsonl")).Select(line => JsonDocument.Parse(line).RootElement.GetProperty(name).GetDouble())];
}
