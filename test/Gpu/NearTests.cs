using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Gpu;

/// <summary>The comparisons can fail, and the gate says why.</summary>
[Category("OnCpu")]
public class NearTests
{
    private static string Failure(Action check) => Assert.Throws<AssertionException>(() => check())!.Message;

    [Test]
    public void A_number_outside_the_tolerance_is_named_with_both_values() => Assert.That(
        Failure(() => new Near(0.01, 0).CheckNumbers([1, 2.5], [1, 2], "loss")),
        Does.Contain("loss: element 1 of 2 is 2.5 on the device and 2 on the CPU (tolerance 0.01 + 0 |x|)"));

    [TestCase(double.NaN, 1), TestCase(1, double.NaN), TestCase(double.PositiveInfinity, double.PositiveInfinity)]
    public void What_is_not_finite_is_never_near(double actual, double expected) =>
        Assert.That(Failure(() => Near.Float32.CheckNumbers([actual], [expected], "sum")), Does.Contain("sum: element 0"));

    [Test]
    public void Another_shape_or_a_missing_tensor_is_not_near()
    {
        using Tensor row = zeros(1, 3), column = zeros(3, 1);
        Assert.That(Failure(() => Near.Float32.Check(row, column, "gradient")), Does.Contain("gradient: shapes"));
        Assert.That(Failure(() => Near.Float32.Check(row, null, "gradient")), Does.Contain("gradient: one of the two is missing"));
    }

    [Test]
    public void Numbers_within_the_tolerance_are_near() => new Near(0.01, 0.1).CheckNumbers([1.1, 100], [1, 109], "loss");
}
