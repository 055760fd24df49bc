using System.Globalization;
using Alignment.Bench.Measuring;
using Alignment.Bench.Plain;
using Alignment.Bench.Ratios;
using Alignment.Bench.Tracking;
using Alignment.Recipes;
using Alignment.Reports.Tables;
using Alignment.Sweeps;

namespace Alignment.Bench.Jobs;

/// <summary>Wall times of a recipe's whole job, round by round.</summary>
/// <param name="Recipe">Its name.</param>
/// <param name="Own">The library, seconds.</param>
/// <param name="Composed">The TRL-style loop, seconds.</param>
/// <param name="OwnPeak">Bytes above what was resident before, at most; null where the system does not say.</param>
/// <param name="ComposedPeak">The same of the TRL-style loop.</param>
internal sealed record JobTimes(string Recipe, double[] Own, double[] Composed, long? OwnPeak, long? ComposedPeak)
{
    private static readonly Column[] s_columns =
    [
        new("recipe"), new("library, s"), new("TRL-style loop, s"), new("TRL-style / library"), Column.Of("library, peak MB", "peak", 0), Column.Of("TRL-style, peak MB", "trl_peak", 0),
    ];

    /// <summary>The table of <c>-t:BenchJob</c>.</summary>
    /// <param name="machine">The processor, and how many threads.</param>
    public string Markdown(string machine) => string.Create(CultureInfo.InvariantCulture, $"# A recipe's whole job beside a TRL-style loop\n\nBy turns on {machine}, {Own.Length} rounds: ")
        + "medians, quartiles in brackets. A ratio above 1: the library is faster.\n\n"
        + new Table(s_columns,
            [[Recipe, Quartiles.Of(Own).ToString(), Quartiles.Of(Composed).ToString(), Quartiles.OfRatios(Composed, Own).ToString(), Megabytes(OwnPeak), Megabytes(ComposedPeak)]]).ToMarkdown();

    /// <summary>The library's times for the history; the id never changes.</summary>
    public BenchmarkResult Result() => new() { Id = $"Alignment.Bench.Job({Recipe})", Nanoseconds = [.. Own.Select(seconds => 1e9 * seconds)], PeakBytes = OwnPeak };

    private static double Megabytes(long? bytes) => bytes / 1e6 ?? double.NaN;
}

/// <summary>A recipe's whole job by the library and by a TRL-style loop, by turns, each round in new folders.</summary>
internal static class JobBench
{
    /// <summary>Measures both, and compares what they have made.</summary>
    /// <param name="recipe">What is run.</param>
    /// <param name="dataFolder">Where the recipe's files are; null: beside it.</param>
    /// <param name="rounds">How often each is measured.</param>
    /// <exception cref="InvalidOperationException">The loop cannot run this recipe, or the two do not agree.</exception>
    public static JobTimes Measure(Recipe recipe, string? dataFolder, int rounds)
    {
        if (TrlJob.Refusal(recipe) is { } refusal)
            throw new InvalidOperationException($"{recipe.Name}: {refusal}");
        SweepOptions options = Options(dataFolder);
        IReadOnlyList<JobRun>? own = null, composed = null;
        long? ownPeak = null, composedPeak = null;
        double[][] seconds = Turns.Measure(rounds,
        [
            () => Timed("the library", folder => own = new SweepJob(recipe, options).Run(folder), ref ownPeak, Compare),
            () => Timed("the TRL-style loop", folder => composed = new TrlJob(recipe, options).Run(folder), ref composedPeak, Compare),
        ]);
        return new(recipe.Name, seconds[0], seconds[1], ownPeak, composedPeak);

        // as soon as both have run, so that no second round follows where they do not agree
        void Compare()
        {
            if (own == null || composed == null)
                return;
            foreach (string line in JobAgreement.Lines(own, composed))
                Console.Error.WriteLine(line);
            JobAgreement.Require(own, composed);
        }
    }

    /// <summary>The options of both, on the threads that libtorch has now.</summary>
    public static SweepOptions Options(string? dataFolder) => new()
    {
        SweepsFolder = "", // each run gets its own
        DataFolder = dataFolder,
        Threads = TorchSharp.torch.get_num_threads(),
        Device = BenchDevice.Current.ToString(),
    };

    /// <summary>Does some work in a new folder, which is deleted.</summary>
    public static T InFolder<T>(Func<string, T> work)
    {
        string folder = Directory.CreateTempSubdirectory("alignment-job-").FullName;
        try
        {
            return work(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static double Timed(string who, Func<string, IReadOnlyList<JobRun>> job, ref long? peak, Action compare)
    {
        bool restarted = PeakMemory.TryRestart();
        long before = PeakMemory.Now;
        double seconds = InFolder(folder => Turns.Seconds(() => job(folder)));
        if (restarted)
            peak = Math.Max(PeakMemory.Bytes - before, peak ?? 0);
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{who}: {seconds:F1} s"));
        compare();
        return seconds;
    }
}
