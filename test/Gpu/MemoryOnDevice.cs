using Alignment.Kernels.LogProbs;
using Alignment.Kernels.Native;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Gpu;

/// <summary>
/// A step leaves nothing behind. On CUDA libtorch runs backward on a thread of its own, which has no dispose scope: what a custom backward function
/// makes there must be freed all the same.
/// </summary>
public sealed class MemoryOnDevice(string kind) : DeviceFixture(kind)
{
    private const int Steps = 40;
    private const long Vocabulary = 8192, Width = 256; // 8 MiB of head gradient a step

    [Test]
    public void Memory_does_not_grow_over_steps()
    {
        Tensor hidden = Leaf(Normal("hidden", 2, 16, Width), Device), head = Leaf(zeros(Vocabulary, Width), Device);
        Tensor labels = arange(32).view(2, 16).to(Device);
        for (int warmUp = 0; warmUp < 3; warmUp++)
            Step(hidden, head, labels);
        if (DeviceMemory.Used(Device) is not { } before)
            Assert.Ignore("the memory of the device cannot be measured: no libcudart is loaded");
        else
        {
            for (int step = 0; step < Steps; step++)
                Step(hidden, head, labels);
            Assert.That(DeviceMemory.Used(Device)!.Value - before, Is.LessThan(Steps / 2 * Vocabulary * Width * sizeof(float)), "bytes");
        }
    }

    // libtorch's own thread, as the CPU can show it: one without a dispose scope
    [Test]
    public void A_backward_pass_on_a_thread_without_a_scope_keeps_only_the_gradients()
    {
        long live = -1;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                using Tensor hidden = Leaf(Normal("hidden", 2, 4, 8), Device), head = Leaf(Normal("head", 5, 8), Device);
                live = LeftAlive(hidden, head);
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        Assert.That((live, failure), Is.EqualTo((0L, (Exception?)null)));
    }

    private static void Step(Tensor hidden, Tensor head, Tensor labels)
    {
        using var scope = NewDisposeScope();
        SequenceLogProbs.Score(hidden, head, labels).Sums.sum().backward();
        BackwardFailure.Rethrow();
    }

    private static long LeftAlive(Tensor hidden, Tensor head)
    {
        using Tensor labels = arange(8, device: hidden.device).remainder(5).view(2, 4);
        SequenceScores scores;
        Tensor sum;
        using (var scope = NewDisposeScope())
        {
            scores = SequenceLogProbs.Score(hidden, head, labels);
            sum = scores.Sums.sum().DetachFromDisposeScope();
        }
        TorchSharp.DisposeScopeManager.Statistics.Reset();
        sum.backward();
        BackwardFailure.Rethrow();
        long live = TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        sum.Dispose();
        return live;
    }
}
