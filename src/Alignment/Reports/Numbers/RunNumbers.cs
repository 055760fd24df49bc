using Alignment.Evaluation;
using Alignment.Sweeps;

namespace Alignment.Reports.Numbers;

/// <summary>Reads the numbers of every run of a sweep, several files at a time.</summary>
internal static class RunNumbers
{
    public static Dictionary<string, SampleColumns> Read(StoredSweep sweep)
    {
        StoredRun[] runs = [.. sweep.Runs.DistinctBy(run => run.Id)];
        StoredRun? first = sweep.Sft ?? runs.FirstOrDefault();
        if (first is null)
            return [];
        SampleColumns expected = Of(first, first, null);
        var read = new SampleColumns[runs.Length];
        var failed = new InvalidDataException?[runs.Length];
        Parallel.For(0, runs.Length, i =>
        {
            try
            {
                read[i] = Of(runs[i], first, expected);
            }
            catch (InvalidDataException e)
            {
                failed[i] = e;
            }
        });
        // the first in grid order, whichever thread met it
        if (failed.OfType<InvalidDataException>().FirstOrDefault() is { } fault)
            throw fault;
        var columns = runs.Zip(read).ToDictionary(pair => pair.First.Id, pair => pair.Second);
        columns[first.Id] = expected;
        return columns;
    }

    private static SampleColumns Of(StoredRun run, StoredRun first, SampleColumns? expected)
    {
        try
        {
            SampleColumns columns = run.Columns();
            if (expected is not null)
                SampleColumns.RequireSamePrompts(expected, columns);
            return columns;
        }
        catch (InvalidDataException e)
        {
            string beside = run.Id == first.Id ? "" : $" with {(first.Point.Method == "SFT" ? "SFT run" : "run")} {first.Id}";
            throw new InvalidDataException($"run {run.Id} cannot be reported{beside}: {e.Message}", e);
        }
    }
}
