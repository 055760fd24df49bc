using Alignment.Models;
using Alignment.Objectives;
using Alignment.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Training;

/// <summary>An objective that keeps numbers from batch to batch.</summary>
[NonParallelizable]
public class RunningNumbersTests
{
    [Test]
    public void They_are_in_checkpoints_so_that_an_interrupted_run_ends_bit_identical([Values(1, 3, 4)] int interruptedAfter)
    {
        using TemporaryFolder whole = new(), broken = new();
        using Decoder uninterrupted = Micro.Model(), first = Micro.Model(), second = Micro.Model(seed: 99);
        Train(uninterrupted, whole.Path);
        using var stop = new CancellationTokenSource();
        Assert.That(() => Train(first, broken.Path, told =>
        {
            if (told.Step == interruptedAfter)
                stop.Cancel();
        }, cancel: stop.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(File.Exists(Path.Combine(Directory.GetDirectories(broken.Path).Single(), "goal.safetensors")));
        Train(second, broken.Path);
        Assert.That(Micro.Weights(second), Is.EqualTo(Micro.Weights(uninterrupted)));
    }

    [Test]
    public void Another_seed_draws_other_pairs()
    {
        using TemporaryFolder one = new(), other = new();
        using Decoder first = Micro.Model(), second = Micro.Model();
        Train(first, one.Path);
        Train(second, other.Path, seed: 4);
        Assert.That(Micro.Weights(second), Is.Not.EqualTo(Micro.Weights(first)));
    }

    private static void Train(Decoder model, string folder, Action<TrainingProgress>? told = null, ulong seed = 3, CancellationToken cancel = default)
    {
        using Decoder start = Micro.Model(seed: 2);
        var goal = new PreferenceGoal(new BetaDpo(0.5, 2) { Momentum = 0.5 }, Micro.Pairs(20), ReferencePass.Compute(start, Micro.Pairs(20), new(), cancel), seed);
        var run = new TrainingRun { Folder = folder, Speed = new() { MicroBatch = 4 }, Progress = new Immediate<TrainingProgress>(told ?? (_ => { })) };
        new Trainer(model, goal, Micro.Settings(), run).Train(cancel);
    }
}
