using Alignment.Recipes;
using Alignment.Reports;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>A stored sweep's next.json is a recipe as it is: it trains what it names into the same store, and the next report takes that up.</summary>
[NonParallelizable]
public sealed class NextRunsTests
{
    [TestCase("\"learningRate\": [1e-3]", "\"learningRate\": [5e-4, 1e-3]", TestName = "The_next_runs_of_a_grid_run_as_they_are")]
    [TestCase("\"learningRate\": [1e-3], \"batchSize\": 8 },", "\"learningRate\": { \"low\": 3e-4, \"high\": 3e-3, \"points\": 3 }, \"batchSize\": 8 }, \"search\": { \"runs\": 4 },",
        TestName = "The_next_runs_of_a_search_run_as_they_are")]
    public void The_next_runs_run_as_they_are(string piece, string replacement)
    {
        using var micro = new MicroSweep((piece, replacement));
        StoredSweep first = Run(RecipeFile.Load(micro.Edited, "/"), micro);
        ReportWriter.Write(first);
        string path = Path.Combine(first.Folder, "next.json"), told = File.ReadAllText(path);
        Recipe next = RecipeFile.Load(path, "/");
        Assert.That(next.Runs, Has.Count.InRange(2, 4));

        micro.Log.Clear();
        StoredSweep second = Run(next, micro);
        ReportWriter.Write(second);
        Assert.That(second.Folder, Is.EqualTo(first.Folder));
        Assert.That(second.Missing, Is.Empty);
        Assert.That(second.Runs.Select(run => run.Point.Slug), Is.SupersetOf(first.Runs.Select(run => run.Point.Slug).Concat(next.Runs.Select(run => run.Slug))));
        Assert.That(micro.Log.Count(line => line.Contains(" stored: mean score", StringComparison.Ordinal)), Is.EqualTo(next.Runs.Count), "nothing else is trained again");
        foreach (GridPoint run in next.Runs)
            Assert.That(File.ReadAllText(Path.Combine(first.Folder, "runs.md")), Does.Contain(run.Slug));
        Recipe after = RecipeFile.Load(path, "/");
        Assert.That(File.ReadAllText(path), Is.Not.EqualTo(told));
        Assert.That(after.Runs.Take(next.Runs.Count).Select(run => run.Slug), Is.EqualTo(next.Runs.Select(run => run.Slug)), "those that are done stay in the report");
    }

    private static StoredSweep Run(Recipe recipe, MicroSweep micro)
    {
        using Sweep sweep = new(recipe, micro.Options, TimeProvider.System, micro.Log.Add);
        IEnumerable<GridPoint> searched = recipe.Search is { } search ? Enumerable.Range(1, search.Runs).Select(number => SweepSearch.Unknown(recipe, number, search.Runs)) : [];
        foreach (GridPoint point in recipe.Search == null ? Grid.PreferencePoints(recipe) : searched.Concat(recipe.Runs))
            sweep.Run(point, CancellationToken.None);
        return sweep.Collect(CancellationToken.None);
    }
}
