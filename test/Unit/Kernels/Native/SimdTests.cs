using Alignment.Kernels.Native;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Kernels.Native;

public class SimdTests
{
    [TestCase(4), TestCase(16), TestCase(20), TestCase(64)]
    public unsafe void A_transposed_block_is_what_the_definition_says(int columns)
    {
        using var scope = NewDisposeScope();
        Tensor from = arange(Simd.Count * (columns + 3), ScalarType.Float32).view(Simd.Count, columns + 3), to = full([columns, Simd.Count + 5], -1f);
        Simd.Transpose(new(AtenDispatcher.Floats(from), columns + 3), new(AtenDispatcher.Floats(to), Simd.Count + 5), columns);
        Assert.That(to.narrow(1, 0, Simd.Count).equal(from.narrow(1, 0, columns).t()).all().item<bool>());
        Assert.That(to.narrow(1, Simd.Count, 5).eq(-1).all().item<bool>(), "what stands beside it");
    }
}
