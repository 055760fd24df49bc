using Alignment.Sweeps;
using Alignment.Sweeps.Search;
using NUnit.Framework;

namespace Alignment.Harness;

/// <summary>
/// Searches judged by numbers: <c>public sealed class MyReplays : ReplayFixture;</c>, run by <c>dotnet test --filter TestCategory=Replay -p:Store=FOLDER</c>,
/// makes a search, random choices and the grid's order 1,000 times on a stored grid's results and prints what each comes to. Nothing is trained.
/// </summary>
[TestFixture, NonParallelizable, Category("Replay")]
public abstract class ReplayFixture
{
    private const int Times = 1000;

    /// <summary>The table, by budget. Of a sweep's folder the numbers are left beside it as scores.json, which -p:Store takes, too.</summary>
    [Test]
    public void A_search_is_replayed_on_stored_results()
    {
        string store = Parameters.NeededPath("Store", "a folder of artifacts/sweeps, or the scores.json of one");
        ScoreTable table = StoredScores.Read(store);
        if (Directory.Exists(store))
            table.Write(Path.Combine(store, StoredScores.FileName));
        foreach (string line in ReplayTable.Lines(table, Times))
            TestContext.Progress.WriteLine(line);
    }
}
