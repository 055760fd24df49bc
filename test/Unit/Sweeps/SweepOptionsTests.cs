using Alignment.Doctor;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>How a sweep runs where nothing is said of it.</summary>
public class SweepOptionsTests
{
    [Test]
    public void Sizes_that_nobody_names_are_those_of_the_CPU()
    {
        SweepOptions options = new() { SweepsFolder = "sweeps" };
        Assert.That((options.Device, options.RowsAtOnce, options.ResponsesAtOnce, options.ProgressSeconds, options.RankCount), Is.EqualTo(("cpu", 32, 128, 2.0, 1)));
        Assert.That((options with { RankCount = 8 }).RankCount, Is.EqualTo(8));
        Assert.That((options.Command, options.TensorBoard, options.Retrain), Is.EqualTo(("", false, false)));
        Assert.That((options.Rounding, (options with { Device = "cuda:1", Tf32 = true }).Rounding), Is.EqualTo(("", " with TF32")));
        Assert.That((options with { Device = "CPU" }).Open, Is.EqualTo(new OpenSizes(Tokens: false, Responses: true)));
        var speed = (options with { TokenBudget = 9, MicroBatch = 3, CheckpointSeconds = 90, CheckpointSteps = 5, Recompute = true, Tf32 = true, Deterministic = true, OptimiserOnHost = true }).Speed;
        Assert.That((speed.TokenBudget, speed.MicroBatch, speed.CheckpointEvery, speed.CheckpointEverySteps), Is.EqualTo((9L, 3, (TimeSpan?)TimeSpan.FromSeconds(90), (int?)5)));
        Assert.That(new[] { speed.Recompute, speed.Tf32, speed.Deterministic, speed.OptimiserOnHost }, Is.All.True);
        Assert.That((options.Speed.TokenBudget, options.Speed.CheckpointEvery, options.Speed.CheckpointEverySteps, options.Speed.Recompute), Is.EqualTo((long.MaxValue, (TimeSpan?)null, (int?)null, false)));
        var generation = (options with { GenerationBatch = 7 }).Generation;
        Assert.That((generation.BatchSize, generation.ChunkSize), Is.EqualTo((7, 7)));
    }
}
