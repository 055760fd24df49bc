using Alignment.Doctor;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Harness;

/// <summary>
/// A sweep's folder cleaned of what no recipe asks for any more: <c>public sealed class MyPrune : PruneFixture;</c>, run by
/// <c>dotnet test --filter TestCategory=Prune -p:Store=FOLDER</c>, which lists it; with -p:Remove=true it goes.
/// </summary>
[TestFixture, NonParallelizable, Category("Prune")]
public abstract class PruneFixture
{
    /// <summary>Lists, and removes only with -p:Remove=true.</summary>
    [Test]
    public void What_no_recipe_names_is_listed_and_removed_on_request()
    {
        string folder = Parameters.NeededPath("Store", "a folder of artifacts/sweeps");
        IReadOnlyList<Unused> unused = Prune.Find(folder);
        foreach (RecipeUse use in RecipeUse.All(folder))
            TestContext.Progress.WriteLine($"kept: {use.Names.Count} runs of {use.Recipe}"
                + (File.Exists(use.Recipe) ? "" : $", which is not there any more: delete {use.PathIn(folder)} to give them up"));
        foreach (Unused item in unused)
            TestContext.Progress.WriteLine($"{Size(item.Bytes)}  {item.What}  {item.Path}");
        TestContext.Progress.WriteLine($"{unused.Count} that no recipe of {folder} names, {Size(unused.Sum(item => item.Bytes)).Trim()}");
        if (!Parameters.IsTrue("Remove"))
            TestContext.Progress.WriteLine("nothing is removed; -p:Remove=true removes them");
        else if (Prune.Remove(folder, unused, TimeProvider.System) is var removed)
            TestContext.Progress.WriteLine($"removed: {removed.Count}" + string.Concat(unused.Except(removed).Select(item => $"\nin use, not removed: {item.Path}")));
    }

    private static string Size(long bytes) => ByteCount.Text(bytes).PadLeft(10);
}
