using System.Globalization;
using Alignment.Bench.Growth;
using Alignment.Bench.Jobs;
using Alignment.Bench.Peers;
using Alignment.Bench.Tracking;
using Alignment.Recipes;
using TorchSharp;

namespace Alignment.Bench;

/// <summary>What is measured by turns outside BenchmarkDotNet: a page each in artifacts/bench, and a part of the history.</summary>
internal static class BenchPages
{
    private static string Machine => string.Create(CultureInfo.InvariantCulture, $"{MachineFingerprint.Processor()}, {torch.get_num_threads()} threads each");

    /// <summary>The library beside PyTorch in Python: peers.md.</summary>
    public static void Peers(string python, int rounds, IReadOnlyList<string> filters, string repository)
    {
        IReadOnlyList<PeerRow> rows = new PeerBench(python, rounds, torch.get_num_threads()).Measure(Path.Combine(repository, "bench", "Peers", "peer.py"), filters);
        BenchArtifacts.Write(("peers.md", PeerTable.Markdown(rows, Machine)), PeerTable.Results(rows), repository);
    }

    /// <summary>A recipe's whole job beside a TRL-style loop: job-RECIPE.md.</summary>
    public static void Job(string recipe, string dataFolder, int rounds, string repository)
    {
        Recipe read = RecipeFile.Load(recipe, repository);
        JobTimes times = JobBench.Measure(read, dataFolder.Length > 0 ? Path.GetFullPath(dataFolder, repository) : null, rounds);
        BenchArtifacts.Write(($"job-{read.Name}.md", times.Markdown(Machine)), [times.Result()], repository);
    }

    /// <summary>How cost grows: growth.md and growth.svg.</summary>
    public static void Growth(int rounds, IReadOnlyList<string> filters, string repository)
    {
        IReadOnlyList<GrowthRow> rows = GrowthBench.Measure([.. StepGrowth.All, .. JobGrowth.All], filters, rounds);
        BenchArtifacts.Write(("growth.md", GrowthPage.Markdown(rows, Machine)), GrowthPage.Results(rows), repository, ("growth.svg", GrowthPage.Svg(rows)));
    }
}
