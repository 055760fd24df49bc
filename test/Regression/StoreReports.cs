using Alignment.Reports;
using Alignment.Reports.Compare;
using Alignment.Sweeps;
using Alignment.Sweeps.Import;
using Alignment.Tests.Sweep;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>
/// Reports from stored runs alone: `dotnet test test/Regression --filter TestCategory=Report` with -p:Store=FOLDER (once more), -p:Against=FOLDER
/// (beside another store) or -p:Results=results.json (of another framework).
/// </summary>
[TestFixture, NonParallelizable, Category("Report")]
public sealed class StoreReports
{
    [Test]
    public void Results_of_another_framework_are_imported_and_reported()
    {
        ResultManifest manifest = ResultManifest.Load(Given("Results", "a results.json that lists the runs to import"));
        Written(ReportWriter.Write(ResultImport.Import(manifest, SweepParameters.SweepsFolder, Command("Results"), TestContext.Progress.WriteLine)));
    }

    [Test]
    public void A_store_is_reported_again()
    {
        string folder = Given("Store", "a folder of artifacts/sweeps");
        if (TestContext.Parameters.Get("Against") is { Length: > 0 })
            Assert.Ignore("-p:Against is given: the stores are compared instead");
        Written(ReportWriter.Write(SweepFile.Read(folder)));
    }

    [Test]
    public void Two_stores_are_compared()
    {
        string first = Given("Store", "the folder of one sweep"), second = Given("Against", "the folder of another sweep");
        var pair = new SweepPair(SweepFile.Read(first), SweepFile.Read(second));
        string name = $"{pair.FirstName}-and-{pair.SecondName}".Replace('/', '-');
        Written(CompareWriter.Write(pair, Path.Combine(SweepParameters.SweepsFolder, "compare", name)));
    }

    private static string Given(string name, string what) => TestContext.Parameters.Get(name) is { Length: > 0 } path
        ? UserPath.Resolve(path) : throw new IgnoreException($"give -p:{name}=PATH, {what}");

    private static string Command(string name) => $"dotnet test test/Regression --filter TestCategory=Report -p:{name}={TestContext.Parameters.Get(name)}";

    private static void Written(IReadOnlyList<string> files)
    {
        foreach (string file in files)
            TestContext.AddTestAttachment(file);
        string answer = files.First(file => Path.GetFileName(file) is "recommendation.md" or "compare.md");
        TestContext.Progress.WriteLine(File.ReadAllText(answer));
        TestContext.Progress.WriteLine($"report: {files.First(file => file.EndsWith(".html", StringComparison.Ordinal))}");
    }
}
