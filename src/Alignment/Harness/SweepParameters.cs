using System.Reflection;
using Alignment.Recipes;
using Alignment.Sweeps;

namespace Alignment.Harness;

/// <summary>What `dotnet test -p:Recipe=… -p:DataDir=… -p:Shard=3/16 …` asks for.</summary>
internal static class SweepParameters
{
    public static string Recipe => Parameters.Text("Recipe") ?? "tiny";

    public static Shard Shard => Parameters.Text("Shard") is { } text ? Shard.Parse(text) : Shard.Whole;

    /// <summary>Processes that work on each run together.</summary>
    public static int Ranks => Parameters.Whole("Ranks") ?? 1;

    public static bool DryRun => Parameters.IsTrue("DryRun");

    public static Recipe Load() => RecipeFile.Load(Recipe, Parameters.WorkingFolder);

    /// <summary>Where and how fast.</summary>
    /// <param name="device">The device unless -p:Device names another.</param>
    /// <param name="tests">The assembly with the user's fixture.</param>
    public static SweepOptions Options(string device, Assembly tests) => new()
    {
        SweepsFolder = SweepsFolder(tests),
        DataFolder = Parameters.FullPath("DataDir"),
        Device = Parameters.Text("Device") ?? device,
        Threads = Parameters.Whole("Threads") ?? 0,
        RankCount = Ranks,
        MicroBatch = Parameters.Whole("MicroBatch"),
        TokenBudget = Parameters.Whole("TokenBudget"),
        GenerationBatch = Parameters.Whole("GenerationBatch"),
        Recompute = Parameters.Choice("Recompute"),
        CheckpointSeconds = Parameters.Whole("CheckpointSeconds"),
        Tf32 = Parameters.IsTrue("Tf32"),
        Deterministic = Parameters.IsTrue("DeterministicAlgorithms"),
        OptimiserOnHost = Parameters.IsTrue("OptimiserOnHost"),
        TensorBoard = Parameters.IsTrue("TensorBoard"),
        Retrain = Parameters.IsTrue("Retrain"),
        Command = Parameters.Command("Sweep", "Recipe", "DataDir", "Device", "SweepsDir"),
    };

    /// <summary>-p:SweepsDir, else artifacts/sweeps as the build wrote it into the user's assembly; beside the program where that runs as a bundle.</summary>
    public static string SweepsFolder(Assembly tests)
    {
        if (Parameters.FullPath("SweepsDir") is { } given)
            return given;
        string? built = tests.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(attribute => attribute.Key == "Alignment.Artifacts")?.Value;
        string artifacts = built != null && Directory.Exists(Path.GetDirectoryName(built.TrimEnd('/'))) ? built : Path.Combine(AppContext.BaseDirectory, "artifacts");
        return Path.Combine(artifacts, "sweeps");
    }
}
