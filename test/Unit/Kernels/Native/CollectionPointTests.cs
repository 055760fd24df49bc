using Alignment.Kernels.Native;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Kernels.Native;

public class CollectionPointTests
{
    [Test]
    public void The_collector_runs_at_collection_points_and_nowhere_between_them()
    {
        CollectionPoint.Pass();
        int between = 0, at = 0;
        for (int step = 0, seen = GC.CollectionCount(0); step < 200; step++, seen = GC.CollectionCount(0))
        {
            Allocate(1 << 20);
            int before = GC.CollectionCount(0);
            between += before - seen;
            CollectionPoint.Pass();
            at += GC.CollectionCount(0) - before;
        }
        Assert.That(between, Is.Zero);
        Assert.That(at, Is.InRange(15, 30), "every 8 MB of 200");
    }

    // small objects, such as a step leaves
    private static void Allocate(int bytes)
    {
        for (int left = bytes; left > 0; left -= 1024)
            GC.KeepAlive(new byte[1000]);
    }
}
