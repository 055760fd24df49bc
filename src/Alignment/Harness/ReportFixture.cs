using Alignment.Reports;
using Alignment.Reports.Compare;
using Alignment.Sweeps;
using Alignment.Sweeps.Import;
using NUnit.Framework;

namespace Alignment.Harness;

/// <summary>
/// Reports from stored runs alone: <c>public sealed class MyReports : ReportFixture;</c>, run by <c>dotnet test --filter TestCategory=Report</c>
/// with -p:Store=FOLDER (once more), -p:Against=FOLDER (beside another store) or -p:Results=results.json (of another framework).
/// </summary>
[TestFixture, NonParallelizable, Category("Report")]
public abstract class ReportFixture
{
    private string SweepsFolder => SweepParameters.SweepsFolder(GetType().Assembly);

    /// <summary>Runs that -p:Results lists become a store with a report.</summary>
    [Test]
    public void Results_of_another_framework_are_imported_and_reported()
    {
        ResultManifest manifest = ResultManifest.Load(Parameters.NeededPath("Results", "a results.json that lists the runs to import"));
        Written(ReportWriter.Write(ResultImport.Import(manifest, SweepsFolder, Parameters.Command("Report", "Results", "SweepsDir"), TestContext.Progress.WriteLine)));
    }

    /// <summary>The store of -p:Store, unless -p:Against is given.</summary>
    [Test]
    public void A_store_is_reported_again()
    {
        string folder = Parameters.NeededPath("Store", "a folder of artifacts/sweeps");
        if (Parameters.Text("Against") != null)
            Assert.Ignore("-p:Against is given: the stores are compared instead");
        Written(ReportWriter.Write(SweepFile.Read(folder)));
    }

    /// <summary>The stores of -p:Store and -p:Against beside each other.</summary>
    [Test]
    public void Two_stores_are_compared()
    {
        string first = Parameters.NeededPath("Store", "the folder of one sweep"), second = Parameters.NeededPath("Against", "the folder of another sweep");
        var pair = new SweepPair(SweepFile.Read(first), SweepFile.Read(second));
        string name = $"{pair.FirstName}-and-{pair.SecondName}".Replace('/', '-');
        Written(CompareWriter.Write(pair, Path.Combine(SweepsFolder, "compare", name)));
    }

    private static void Written(IReadOnlyList<string> files)
    {
        foreach (string file in files)
            TestContext.AddTestAttachment(file);
        string answer = files.First(file => Path.GetFileName(file) is "recommendation.md" or "compare.md");
        TestContext.Progress.WriteLine(File.ReadAllText(answer));
        TestContext.Progress.WriteLine($"report: {files.First(file => file.EndsWith(".html", StringComparison.Ordinal))}");
    }
}
