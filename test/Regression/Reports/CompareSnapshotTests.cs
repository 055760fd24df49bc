using Alignment.Reports.Compare;
using Alignment.Tests.Unit.Reports;
using NUnit.Framework;
using static VerifyNUnit.Verifier;

namespace Alignment.Tests.Regression.Reports;

/// <summary>Two generated sweeps beside each other, three seeds against one, locked byte for byte.</summary>
[NonParallelizable]
public sealed class CompareSnapshotTests
{
    private readonly string _folder = Path.Combine(TestContext.CurrentContext.WorkDirectory, "compare-snapshots");
    private readonly Dictionary<string, string> _files = [];

    [OneTimeSetUp]
    public void WriteComparison()
    {
        var pair = new SweepPair(GeneratedSweep.Write(Path.Combine(_folder, "three-seeds"), 3), GeneratedSweep.Write(Path.Combine(_folder, "one-seed")));
        foreach (string path in CompareWriter.Write(pair, Path.Combine(_folder, "compare")))
            _files[Path.GetFileName(path)] = File.ReadAllText(path);
    }

    [OneTimeTearDown]
    public void RemoveComparison() => Directory.Delete(_folder, recursive: true);

    [TestCase("compare", "md")]
    [TestCase("stores", "csv")]
    [TestCase("stores", "md")]
    [TestCase("answers", "csv")]
    [TestCase("answers", "md")]
    [TestCase("changes", "csv")]
    [TestCase("changes", "md")]
    [TestCase("transfer", "csv")]
    [TestCase("transfer", "md")]
    [TestCase("transfer", "svg")]
    public async Task Comparison(string name, string extension) =>
        await Verify(_files[$"{name}.{extension}"], extension).UseDirectory("Verified").UseFileName($"two-{name}");
}
