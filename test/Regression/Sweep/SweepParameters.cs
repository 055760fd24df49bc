using System.Globalization;
using Alignment.Recipes;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Sweep;

/// <summary>What `dotnet test -p:Recipe=… -p:DataDir=… -p:Shard=3/16 …` asks for.</summary>
internal static class SweepParameters
{
    public static string Recipe => Given("Recipe") ?? "tiny";

    public static Shard Shard => Given("Shard") is { } text ? Shard.Parse(text) : Shard.Whole;

    public static bool DryRun => IsTrue("DryRun");

    public static bool RequireGpu => IsTrue("RequireGpu");

    public static string SweepsFolder => Given("SweepsDir") is { } folder ? UserPath.Resolve(folder) : BuildFolders.Sweeps;

    public static Recipe Load() => RecipeFile.Load(Recipe, TestContext.Parameters.Get("WorkingDirectory", Directory.GetCurrentDirectory())!);

    public static SweepOptions Options(string device) => new()
    {
        SweepsFolder = SweepsFolder,
        DataFolder = Given("DataDir") is { } data ? UserPath.Resolve(data) : null,
        Device = Given("Device") ?? device,
        Threads = Whole("Threads") ?? 0,
        MicroBatch = Whole("MicroBatch") ?? new SweepOptions { SweepsFolder = "" }.MicroBatch,
        Command = $"dotnet test {(device == "cpu" ? "test/Regression" : "test/Gpu")} --filter TestCategory=Sweep"
            + string.Concat(new[] { "Recipe", "DataDir", "Device" }.Where(name => Given(name) != null).Select(name => $" -p:{name}={Given(name)}")),
    };

    private static string? Given(string name) => TestContext.Parameters.Get(name) is { Length: > 0 } value ? value : null;

    private static bool IsTrue(string name) => string.Equals(Given(name), "true", StringComparison.OrdinalIgnoreCase);

    private static int? Whole(string name) => Given(name) is not { } text ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value > 0 ? value
        : throw new ArgumentException($"-p:{name} must be a whole number >= 1, was {text}");
}
