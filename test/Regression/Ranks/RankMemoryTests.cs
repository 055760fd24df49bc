using System.Globalization;
using Alignment.Bench.Measuring;
using NUnit.Framework;

namespace Alignment.Tests.Regression.Ranks;

/// <summary>A rank's peak in training beside the estimate of it, which decides before anything is loaded whether a run fits.</summary>
[NonParallelizable]
public sealed class RankMemoryTests
{
    private const double Tolerance = 0.1;

    [SetUp]
    public void Require()
    {
        Mpirun.Require();
        if (!PeakMemory.TryRestart())
            Assert.Ignore("/proc/self/clear_refs cannot be written here, so the peak cannot be measured");
    }

    [TestCaseSource(typeof(RankMemory), nameof(RankMemory.Variants))]
    public void A_rank_takes_what_is_estimated_and_less_of_it_the_more_there_are(string variant)
    {
        if (variant != RankMemory.Variants[0] && !string.Equals(TestContext.Parameters.Get("Scale"), "true", StringComparison.OrdinalIgnoreCase))
            Assert.Ignore("a minute in all; give -p:Scale=true");
        double? fewer = null;
        foreach (int ranks in new[] { 1, 2, 4 })
        {
            (double estimated, double[] measured) = Measured(ranks, variant);
            TestContext.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{variant}, {ranks} ranks: estimated {estimated / 1e6:F0} MB, measured {string.Join(", ", measured.Select(bytes => $"{bytes / 1e6:F0}"))} MB"));
            Assert.That(measured, Has.All.EqualTo(estimated).Within(100 * Tolerance).Percent, $"{ranks} ranks");
            Assert.That(measured.Max(), Is.LessThan(fewer ?? double.PositiveInfinity), $"{ranks} ranks");
            fewer = measured.Max();
        }
    }

    private static (double Estimated, double[] Measured) Measured(int ranks, string variant)
    {
        string folder = Directory.CreateTempSubdirectory("rank-memory").FullName;
        try
        {
            double[][] lines = [.. Mpirun.RunWith(RankMemory.Environment, ranks, "memory", variant, folder)
                .Select(line => line.Split(' ')[2..].Select(text => double.Parse(text, CultureInfo.InvariantCulture)).ToArray())];
            return (lines[0][0], [.. lines.Select(line => line[1])]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
