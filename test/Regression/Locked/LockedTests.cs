using Alignment.Harness;
using Alignment.Recipes;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>
/// Tables of real sweeps stay as they were verified: `dotnet test test/Regression --filter TestCategory=Locked [-p:Locked=tiny]`.
/// </summary>
[Category("Locked"), NonParallelizable]
public sealed class LockedTests
{
    [Test]
    public Task The_tables_of_the_micro_sweep_are_those_locked() =>
        LockedSweep.Check(RecipeFile.Load(MicroSweep.RecipePath, "/"), new SweepOptions { SweepsFolder = "", Threads = 1 }, "cpu", LockedTolerances.Micro);

    [Test]
    public Task The_tables_of_a_recipe_that_is_asked_for_are_those_locked()
    {
        string name = Parameters.Text("Locked") ?? throw new IgnoreException("minutes long: give -p:Locked=tiny, or -p:Locked=hh-rlhf with -p:DataDir=FOLDER");
        var options = new SweepOptions { SweepsFolder = "", DataFolder = Parameters.FullPath("DataDir"), Threads = Parameters.Whole("Threads") ?? 0 };
        return LockedSweep.Check(RecipeFile.Load(name, Parameters.WorkingFolder), options, "cpu", LockedTolerances.Long);
    }
}
