using System.Text.Json;
using Alignment.Recipes;
using Alignment.Reports;
using Alignment.Sweeps;

namespace Alignment.Bench.Jobs;

/// <summary>A recipe's whole job by the library, as <c>dotnet test --filter TestCategory=Sweep</c> does it: runs, store, tables, figures and page.</summary>
internal sealed class SweepJob(Recipe recipe, SweepOptions options)
{
    /// <summary>All runs, SFT first, in the recipe's order.</summary>
    /// <param name="folder">New: the store goes there.</param>
    public IReadOnlyList<JobRun> Run(string folder)
    {
        using var sweep = new Sweep(recipe, options with { SweepsFolder = folder }, TimeProvider.System, _ => { });
        sweep.Check();
        foreach (GridPoint point in Grid.SftPoints(recipe).Concat(Grid.PreferencePoints(recipe)))
            sweep.Run(point, CancellationToken.None);
        StoredSweep stored = sweep.Collect(CancellationToken.None);
        ReportWriter.Write(stored);
        return [.. stored.SftRuns.Concat(stored.Runs).Select(Run)];
    }

    private static JobRun Run(StoredRun run) => new(run.Point.Slug, Losses(Path.Combine(run.Folder, "steps.jsonl")), run.Summary.MeanScore.Value, run.Summary.MeanLength.Value)
    {
        MeanKl = run.Summary.MeanKl.Value,
        IsPreference = run.Point.Method != Grid.Sft,
        ScoreWidth = run.Summary.MeanScore.High - run.Summary.MeanScore.Low,
    };

    private static double[] Losses(string path) => [.. File.ReadLines(path).Select(line =>
    {
        using JsonDocument json = JsonDocument.Parse(line);
        return json.RootElement.GetProperty("loss").GetDouble();
    })];
}
