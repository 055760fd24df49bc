using Alignment.Kernels.Native;
using Alignment.Tests.Unit.Distributed;
using Alignment.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Training;

/// <summary>Settings of the whole process among them: the test leaves them as they were.</summary>
[NonParallelizable]
public class SpeedSettingsTests
{
    [Test]
    public void Arithmetic_is_told_what_was_asked_for([Values] bool tf32, [Values] bool deterministic)
    {
        (bool, bool) before = (Arithmetic.Tf32, Arithmetic.Deterministic);
        try
        {
            new SpeedSettings { Tf32 = tf32, Deterministic = deterministic }.Apply();
            Assert.That((Arithmetic.Tf32, Arithmetic.Deterministic), Is.EqualTo((tf32, deterministic)));
        }
        finally
        {
            (Arithmetic.Tf32, Arithmetic.Deterministic) = before;
        }
    }

    [TestCase(1, 64, 16), TestCase(1, 5, 5), TestCase(2, 20, 10), TestCase(2, 64, 16), TestCase(3, 9, 3), TestCase(3, 10, 4), TestCase(4, 3, 1)]
    public void A_batch_has_a_part_for_each_rank(int ranks, int batch, int rows) =>
        Assert.That(RanksInTurn.Run(ranks, rank => new SpeedSettings { Ranks = rank }.RowsAtOnce(batch)), Is.All.EqualTo(rows));

    [Test]
    public void One_process_on_the_cpu_takes_16_rows_at_once_and_writes_checkpoints_by_time_unless_told_otherwise()
    {
        var speed = new SpeedSettings();
        Assert.That((speed.MicroBatch, speed.TokenBudget, speed.Device.type, speed.Ranks.Ranks), Is.EqualTo((16, long.MaxValue, TorchSharp.DeviceType.CPU, 1)));
        Assert.That((speed.Recompute, speed.OptimiserOnHost, speed.Tf32, speed.Deterministic), Is.EqualTo((false, false, false, false)));
        Assert.That((speed.CheckpointEvery, speed.CheckpointEverySteps), Is.EqualTo(((TimeSpan?)null, (int?)null)));
    }
}
