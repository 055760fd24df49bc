using Alignment.Evaluation;
using Alignment.Sweeps.Search;

namespace Alignment.Sweeps;

/// <summary>The numbers of a stored sweep as searches are replayed on them.</summary>
internal static class StoredScores
{
    /// <summary>Beside sweep.json: the numbers alone.</summary>
    public const string FileName = "scores.json";

    /// <summary>Of a sweep's folder, or of a file of such numbers.</summary>
    /// <exception cref="InvalidDataException">It is neither, or two runs answer different prompts.</exception>
    public static ScoreTable Read(string store)
    {
        if (File.Exists(store))
            return ScoreTable.Read(store);
        StoredSweep sweep = SweepFile.Read(store);
        StoredRun[] runs = [.. sweep.Runs.Where(run => !run.Point.IsAverage)]; // what a search can train
        SampleColumns[] samples = [.. runs.Select(run => run.Columns())];
        if (samples.Length == 0)
            throw new InvalidDataException($"{store} has no preference run to replay");
        foreach (SampleColumns other in samples.Skip(1))
            SampleColumns.RequireSamePrompts(samples[0], other);
        return new($"sweep {sweep.Recipe}", [.. runs.Zip(samples, (run, columns) => new ScoredRun(run.Point, columns.Score))]);
    }
}
