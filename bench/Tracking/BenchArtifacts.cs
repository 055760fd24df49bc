using System.Globalization;
using Alignment.Bench.Comparing;
using Alignment.Bench.Measuring;
using Alignment.Files;

namespace Alignment.Bench.Tracking;

/// <summary>What is written into artifacts/bench, which need not be there before.</summary>
internal static class BenchArtifacts
{
    /// <summary>Where everything goes.</summary>
    public static string Folder(string repository) => Path.Combine(repository, "artifacts", "bench");

    /// <summary>Writes a page and its figures, prints the page, and adds to the history: last, since that asks git, and what was measured is kept where git fails.</summary>
    /// <param name="page">The page's file and text.</param>
    /// <param name="results">For the history.</param>
    /// <param name="repository">Its folder.</param>
    /// <param name="figures">Files and texts.</param>
    public static void Write((string Name, string Text) page, IReadOnlyList<BenchmarkResult> results, string repository, params IReadOnlyList<(string Name, string Text)> figures)
    {
        string folder = Directory.CreateDirectory(Folder(repository)).FullName;
        foreach ((string name, string text) in figures.Prepend(page))
            AtomicFile.WriteText(Path.Combine(folder, name), text);
        Console.WriteLine(page.Text);
        Publish(results, repository);
    }

    /// <summary>action-benchmark.json, a part of the history, and the figures of it.</summary>
    public static void Publish(IReadOnlyList<BenchmarkResult> results, string repository)
    {
        string folder = Folder(repository), history = Path.Combine(folder, "history.jsonl"), trend = Path.Combine(folder, "trend");
        string machine = MachineFingerprint.Of(MachineFingerprint.Processor(), TorchSharp.torch.get_num_threads(), BenchDevice.Current.ToString());
        Directory.CreateDirectory(trend);
        AtomicFile.WriteText(Path.Combine(folder, "action-benchmark.json"), ActionBenchmark.Json(results));
        History.Append(history, History.Entries(results, Git.Revision(repository), machine, TimeProvider.System.GetUtcNow()));
        foreach ((string name, string svg) in TrendFigures.Of(History.Read(history)))
            AtomicFile.WriteText(Path.Combine(trend, name), svg);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{results.Count} results: {folder}"));
    }
}
