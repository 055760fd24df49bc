using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Gpu;

/// <summary>How far a device's numbers may lie from the CPU's: |actual − expected| ≤ Absolute + Relative · |expected|, each element.</summary>
internal sealed record Near(double Absolute, double Relative)
{
    /// <summary>float32: sums of a few hundred terms in another order.</summary>
    public static Near Float32 { get; } = new(2e-5, 2e-4);

    /// <summary>bfloat16 keeps 8 bits, and a product is rounded once on each device.</summary>
    public static Near BFloat16 { get; } = new(2e-2, 3e-2);

    /// <summary>The tolerance of a dtype.</summary>
    public static Near Of(ScalarType type) => type == ScalarType.BFloat16 ? BFloat16 : Float32;

    /// <summary>Fails with the first such element where shapes or numbers differ, or where one is NaN or infinite.</summary>
    public void Check(Tensor? actual, Tensor? expected, string what)
    {
        using var scope = NewDisposeScope();
        Assert.That(actual is null, Is.EqualTo(expected is null), $"{what}: one of the two is missing");
        if (actual is null || expected is null)
            return;
        Assert.That(actual.shape, Is.EqualTo(expected.shape), $"{what}: shapes");
        CheckNumbers(Numbers(actual), Numbers(expected), what);
    }

    /// <summary>As above, of plain numbers.</summary>
    public void CheckNumbers(IReadOnlyList<double> actual, IReadOnlyList<double> expected, string what)
    {
        Assert.That(actual, Has.Count.EqualTo(expected.Count), $"{what}: counts");
        for (int i = 0; i < actual.Count; i++)
            if (!(double.IsFinite(expected[i]) && Math.Abs(actual[i] - expected[i]) <= Absolute + Relative * Math.Abs(expected[i])))
                Assert.Fail($"{what}: element {i} of {actual.Count} is " + FormattableString.Invariant(
                    $"{actual[i]:G9} on the device and {expected[i]:G9} on the CPU (tolerance {Absolute:G3} + {Relative:G3} |x|)"));
    }

    private static double[] Numbers(Tensor tensor) => tensor.detach().cpu().to(ScalarType.Float64).contiguous().data<double>().ToArray();
}
