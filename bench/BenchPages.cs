using System.Globalization;
using Alignment.Bench.Growth;
using Alignment.Bench.Jobs;
using Alignment.Bench.Peers;
using Alignment.Bench.Tracking;
using Alignment.Files;
using Alignment.Recipes;
using TorchSharp;

namespace Alignment.Bench;

/// <summary>What is measured by turns outside BenchmarkDotNet: a page each in artifacts/bench, and a part of the history.</summary>
internal static class BenchPages
{
    private static string Machine => string.Create(CultureInfo.InvariantCulture, $"{MachineFingerprint.Processor()}, {torch.get_num_threads()} threads each");

    /// <summary>The library beside PyTorch in Python: peers.md.</summary>
    public static int Peers(string python, int rounds, IReadOnlyList<string> filters, string repository)
    {
        IReadOnlyList<PeerRow> rows = new PeerBench(python, rounds, torch.get_num_threads()).Measure(Path.Combine(repository, "bench", "Peers", "peer.py"), filters);
        return Write("peers.md", PeerTable.Markdown(rows, Machine), PeerTable.Results(rows), repository);
    }

    /// <summary>A recipe's whole job beside a TRL-style loop: job-RECIPE.md.</summary>
    public static int Job(string recipe, string dataFolder, int rounds, string repository)
    {
        Recipe read = RecipeFile.Load(recipe, repository);
        JobTimes times = JobBench.Measure(read, dataFolder.Length > 0 ? Path.GetFullPath(dataFolder, repository) : null, rounds);
        return Write($"job-{read.Name}.md", times.Markdown(Machine), [times.Result()], repository);
    }

    /// <summary>How cost grows: growth.md and growth.svg.</summary>
    public static int Growth(int rounds, IReadOnlyList<string> filters, string repository)
    {
        IReadOnlyList<GrowthRow> rows = GrowthBench.Measure([.. StepGrowth.All, .. JobGrowth.All], filters, rounds);
        return Write("growth.md", GrowthPage.Markdown(rows, Machine), GrowthPage.Results(rows), repository, ("growth.svg", GrowthPage.Svg(rows)));
    }

    /// <summary>Writes a page and its figures into artifacts/bench, which need not be there, and prints the page.</summary>
    internal static int Write(string name, string page, IReadOnlyList<BenchmarkResult> results, string repository, params IReadOnlyList<(string Name, string Text)> figures)
    {
        string artifacts = Directory.CreateDirectory(BenchRun.Artifacts(repository)).FullName;
        foreach ((string file, string text) in figures.Prepend((name, page)))
            AtomicFile.WriteText(Path.Combine(artifacts, file), text);
        Console.WriteLine(page);
        BenchRun.Publish(results, repository); // last: it asks git, and what was measured is kept where that fails
        return 0;
    }
}
