using System.Globalization;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>A sweep's process keeps its memory over many runs.</summary>
[NonParallelizable]
public sealed class MemoryTests
{
    [Test]
    public void Resident_memory_does_not_grow_over_more_than_twenty_runs()
    {
        using var micro = new MicroSweep(("\"beta\": [0.1]", "\"beta\": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]"),
            ("\"LN-DPO\": { \"beta\": [2.0] }", "\"LN-DPO\": { \"beta\": [1, 2, 3, 4, 5, 6, 7, 8] }"), ("\"gammaBetaRatio\": [0.5]", "\"gammaBetaRatio\": [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6]"));
        (IReadOnlyList<string> lines, bool ended) = ChildProcess.Run(micro.Edited, micro.Sweeps);
        Assert.That(ended);
        double[] megabytes = [.. lines.Where(line => line.StartsWith("done", StringComparison.Ordinal)).Select(line => double.Parse(line.Split(' ')[2], CultureInfo.InvariantCulture) / 1e6)];
        Assert.That(megabytes, Has.Length.EqualTo(23));
        TestContext.Progress.WriteLine($"resident after each run, MB: {string.Join(' ', megabytes.Select(value => value.ToString("F0", CultureInfo.InvariantCulture)))}");
        Assert.That(megabytes.Max(), Is.LessThan(1500));
        // the first runs fill caches and pools; a leak of two models (0.2 MB each) a run would show as 3 MB, one of a batch's tensors as more
        Assert.That(megabytes[^8..].Min() - megabytes[7..15].Min(), Is.LessThan(6));
    }
}
