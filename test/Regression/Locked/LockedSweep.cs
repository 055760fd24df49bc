using System.Runtime.CompilerServices;
using Alignment.Recipes;
using Alignment.Sweeps;
using VerifyTests;
using static VerifyNUnit.Verifier;

namespace Alignment.Tests.Regression;

/// <summary>Runs a whole sweep in a new store, so that nothing stored by an older tree hides a change, and compares its tables with those locked for the kind of device.</summary>
internal static class LockedSweep
{
    /// <summary>The folder of the locked tables: beside this file, or beside the program where that runs without its source.</summary>
    public static string Folder { get; } = Beside();

    /// <summary>The locked tables of a recipe on a kind of device.</summary>
    public static string File(string recipe, string kind) => Path.Combine(Folder, $"{recipe}.{kind}.verified.txt");

    /// <summary>Fails with both tables side by side and what moved where the numbers are not those locked; accepted as every snapshot is.</summary>
    /// <param name="recipe">All of its points are run.</param>
    /// <param name="options">Where and how fast; the store is another.</param>
    /// <param name="kind">Such as cpu.</param>
    /// <param name="tolerances">How far what is computed may move.</param>
    public static async Task Check(Recipe recipe, SweepOptions options, string kind, LockedTolerances tolerances)
    {
        string text, store = Directory.CreateTempSubdirectory("locked").FullName;
        try
        {
            text = Tables(recipe, options with { SweepsFolder = store });
        }
        finally
        {
            Directory.Delete(store, recursive: true);
        }

        var settings = new VerifySettings();
        settings.UseDirectory(Folder);
        settings.UseFileName($"{recipe.Name}.{kind}");
        settings.UseStringComparer(LockedComparison.With(tolerances));
        await Verify(text, "txt", settings);
    }

    private static string Tables(Recipe recipe, SweepOptions options)
    {
        using var sweep = new Sweep(recipe, options, TimeProvider.System, _ => { });
        foreach (GridPoint point in Grid.PreferencePoints(recipe))
            sweep.Run(point, CancellationToken.None);
        return LockedTable.Text(SweepTables.Of(recipe, options, sweep.Collect(CancellationToken.None)));
    }

    private static string Beside([CallerFilePath] string source = "") => Path.GetDirectoryName(source) is { } folder && Directory.Exists(folder)
        ? Path.Combine(folder, "Verified") : Path.Combine(AppContext.BaseDirectory, "locked");
}
