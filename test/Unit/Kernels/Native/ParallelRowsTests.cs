using Alignment.Kernels.Native;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Kernels.Native;

public class ParallelRowsTests
{
    [Test]
    public void An_exception_in_a_part_of_a_loop_is_thrown_by_the_loop()
    {
        Assert.That(() => ParallelRows.For(10, 1, (_, _) => throw new InvalidOperationException("row 3 is bad")),
            Throws.InvalidOperationException.With.Message.EqualTo("row 3 is bad"));
    }

    [Test]
    public void A_loop_covers_every_row_once([Values(0, 1, 7, 1000)] int rows, [Values(1, 64)] int grain)
    {
        int[] visits = new int[rows];
        ParallelRows.For(rows, grain, (begin, end) =>
        {
            for (long row = begin; row < end; row++)
                Interlocked.Increment(ref visits[row]);
        });
        Assert.That(visits, Is.All.EqualTo(1));
    }
}
