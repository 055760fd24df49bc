using Alignment.Models;
using Alignment.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Training;

[NonParallelizable]
public class ResumeTests
{
    [Test]
    public void An_interrupted_run_ends_bit_identical_to_an_uninterrupted_one([Range(1, 5)] int interruptedAfter)
    {
        using TemporaryFolder whole = new(), broken = new();
        using Decoder uninterrupted = Micro.Model(), first = Micro.Model(), second = Micro.Model(seed: 99);
        Trainer(uninterrupted, whole.Path).Train();

        Stop(first, broken.Path, interruptedAfter);
        TrainingResult result = Trainer(second, broken.Path).Train();

        Assert.That(Micro.Weights(second), Is.EqualTo(Micro.Weights(uninterrupted)));
        Assert.That(result.Steps, Is.EqualTo(6));
        Assert.That(WithoutSpeed(broken), Is.EqualTo(WithoutSpeed(whole)));
    }

    [Test]
    public void A_killed_run_repeats_the_steps_after_its_last_checkpoint_and_its_log_has_each_once()
    {
        using TemporaryFolder whole = new(), broken = new();
        using Decoder uninterrupted = Micro.Model(), first = Micro.Model(), second = Micro.Model(seed: 99);
        Trainer(uninterrupted, whole.Path).Train();

        var killed = new TrainingRun
        {
            Folder = broken.Path,
            EventFolder = broken.File("events"),
            Speed = new() { MicroBatch = 4, CheckpointEverySteps = 2 },
            Progress = new Immediate<TrainingProgress>(told => Throw(told.Step == 4)),
        };
        Assert.That(() => new Trainer(first, new SftGoal(Micro.Pairs(20)), Micro.Settings(), killed).Train(), Throws.TypeOf<TimeoutException>());
        Assert.That(Directory.GetDirectories(broken.Path).Select(Path.GetFileName), Is.EquivalentTo(new[] { "checkpoint-00000002", "events" }));
        Trainer(second, broken.Path).Train();

        Assert.That(Micro.Weights(second), Is.EqualTo(Micro.Weights(uninterrupted)));
        Assert.That(WithoutSpeed(broken), Is.EqualTo(WithoutSpeed(whole)));
        Assert.That(new FileInfo(Path.Combine(broken.File("events"), EventLog.FileName)).Length, Is.EqualTo(new FileInfo(Path.Combine(whole.File("events"), EventLog.FileName)).Length), "a record a step");

        static void Throw(bool now)
        {
            if (now)
                throw new TimeoutException();
        }
    }

    [Test]
    public void A_checkpoint_that_was_not_renamed_into_place_is_ignored()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("checkpoint-00000003.partial"));
        using Decoder model = Micro.Model();
        Assert.That(Trainer(model, folder.Path).Train().Steps, Is.EqualTo(6));
    }

    [Test]
    public void The_checkpoint_of_another_run_is_refused()
    {
        using var folder = new TemporaryFolder();
        using Decoder model = Micro.Model();
        Stop(model, folder.Path, 2);
        var other = new Trainer(model, new SftGoal(Micro.Pairs(20)), Micro.Settings() with { Seed = 5 }, new() { Folder = folder.Path });
        Assert.That(() => other.Train(), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{folder.File("checkpoint-00000002")} is of another run (SFT, 20 rows, 6 steps, seed 3), this one is SFT, 20 rows, 6 steps, seed 5: "
            + "delete the folder to start anew"));
    }

    [Test]
    public void Checkpoints_are_written_when_their_time_has_come()
    {
        using var folder = new TemporaryFolder();
        using Decoder model = Micro.Model();
        var clock = new SteppedClock();
        List<string> seen = [];
        var run = new TrainingRun
        {
            Folder = folder.Path,
            Clock = clock,
            Speed = new() { CheckpointEvery = TimeSpan.FromSeconds(20) },
            Progress = new Immediate<TrainingProgress>(_ =>
            {
                clock.Now += TimeSpan.FromSeconds(10);
                seen.Add(string.Join(',', Directory.GetDirectories(folder.Path).Select(path => Path.GetFileName(path)[^1])));
            }),
        };
        new Trainer(model, new SftGoal(Micro.Pairs(20)), Micro.Settings(), run).Train();
        Assert.That(seen, Is.EqualTo(new[] { "", "", "2", "2", "4", "4" }));
    }

    private static Trainer Trainer(Decoder model, string folder) =>
        new(model, new SftGoal(Micro.Pairs(20)), Micro.Settings(), new() { Folder = folder, EventFolder = Path.Combine(folder, "events"), Speed = new() { MicroBatch = 4 } });

    private static void Stop(Decoder model, string folder, int after)
    {
        using var cancel = new CancellationTokenSource();
        var run = new TrainingRun
        {
            Folder = folder,
            Speed = new() { MicroBatch = 4 },
            Progress = new Immediate<TrainingProgress>(told => CancelAt(told.Step)),
        };
        Assert.That(() => new Trainer(model, new SftGoal(Micro.Pairs(20)), Micro.Settings(), run).Train(cancel.Token),
            Throws.InstanceOf<OperationCanceledException>());

        void CancelAt(long step)
        {
            if (step == after)
                cancel.Cancel();
        }
    }

    private static string[] WithoutSpeed(TemporaryFolder folder) =>
        [.. File.ReadLines(folder.File("steps.jsonl")).Select(line => line[..line.IndexOf(",\"tokens_per_second", StringComparison.Ordinal)])];
}
