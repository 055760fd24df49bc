using Alignment.Harness;
using Alignment.Recipes;
using Alignment.Sweeps;
using Alignment.Tests.Regression;
using NUnit.Framework;

namespace Alignment.Tests.Gpu;

/// <summary>
/// Tables of real sweeps, locked for each kind of device. A kind without a locked table is ignored with the reason, and ALIGNMENT_ACCEPT=1 locks what it gives.
/// </summary>
[Category("Locked")]
public sealed class LockedOnDevice(string kind) : DeviceFixture(kind)
{
    [Test]
    public Task The_tables_of_the_micro_sweep_are_those_locked() =>
        Check(RecipeFile.Load(Path.Combine(AppContext.BaseDirectory, "test-recipes", "micro.json"), "/"), LockedTolerances.Micro);

    [Test]
    public Task The_tables_of_a_recipe_that_is_asked_for_are_those_locked() => Check(
        RecipeFile.Load(Parameters.Text("Locked") ?? throw new IgnoreException("minutes long: give -p:Locked=tiny, or -p:Locked=hh-rlhf with -p:DataDir=FOLDER"), Parameters.WorkingFolder),
        LockedTolerances.Long);

    private Task Check(Recipe recipe, LockedTolerances tolerances)
    {
        string device = Device.ToString(), kind = DeviceKind.Of(device), locked = LockedSweep.File(recipe.Name, kind);
        if (!File.Exists(locked) && Environment.GetEnvironmentVariable("ALIGNMENT_ACCEPT") != "1")
            throw new IgnoreException($"there is no {Path.GetFileName(locked)}: no numbers of this kind of device are locked yet; ALIGNMENT_ACCEPT=1 locks what it gives");
        var options = new SweepOptions { SweepsFolder = "", DataFolder = Parameters.FullPath("DataDir"), Device = device, Threads = 1 };
        return LockedSweep.Check(recipe, options, kind, tolerances);
    }
}
