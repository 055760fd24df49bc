using Alignment.Evaluation;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Evaluation;

public class NormalDistributionTests
{
    // Python's math.erfc
    [TestCase(0, 0.5), TestCase(1, 0.8413447460685429), TestCase(-1.959963984540054, 0.025), TestCase(-2.9999, 0.0013503412829549248), TestCase(-3.0001, 0.001349454913260717)]
    [TestCase(-8, 6.220960574271819e-16), TestCase(-20, 2.7536241186063314e-89), TestCase(5, 0.9999997133484281), TestCase(40, 1)]
    public void The_distribution_is_exact_far_out_too(double z, double cumulative) => Assert.That(NormalDistribution.Cumulative(z), Is.EqualTo(cumulative).Within(1e-11).Percent);
}
