using System.Globalization;
using Alignment.Evaluation;
using Perfolizer.Mathematics.Common;
using Perfolizer.Mathematics.SignificanceTesting;
using Perfolizer.Mathematics.SignificanceTesting.MannWhitney;
using Perfolizer.Metrology;
using Pragmastat;

namespace Alignment.Bench.Tracking;

/// <summary>How the time of a benchmark changed between two versions.</summary>
internal enum TimeChange
{
    /// <summary>Not by more than threshold and noise.</summary>
    None,

    /// <summary>It fell.</summary>
    Faster,

    /// <summary>It rose.</summary>
    Slower,
}

/// <summary>A judgement and what it rests on.</summary>
/// <param name="Change">The judgement.</param>
/// <param name="Ratio">Median time after over median time before.</param>
/// <param name="NoiseFloor">Share by which a version differed from itself; changes below it are not believed.</param>
internal readonly record struct TimeVerdict(TimeChange Change, double Ratio, double NoiseFloor);

/// <summary>
/// Judges times of two versions that were measured by turns, round by round: Mann-Whitney's test (1947) on all iterations, against a difference of
/// the threshold or of the noise floor, whichever is larger. Iterations of a round share its luck, so the test alone would find differences between
/// equal versions; the floor is what a version's own rounds differ by.
/// </summary>
internal static class TimeJudge
{
    private static readonly SimpleEquivalenceTest s_test = new(MannWhitneyTest.Instance);

    /// <summary>Judges.</summary>
    /// <param name="before">[rounds][iterations] times of the old version.</param>
    /// <param name="after">The same of the new one.</param>
    /// <param name="settings">Threshold and level.</param>
    public static TimeVerdict Judge(IReadOnlyList<IReadOnlyList<double>> before, IReadOnlyList<IReadOnlyList<double>> after, JudgeSettings settings)
    {
        double floor = Math.Max(NoiseFloor(before), NoiseFloor(after)), ratio = Median(after.SelectMany(round => round)) / Median(before.SelectMany(round => round));
        string percent = (100 * Math.Max(settings.Threshold, floor)).ToString(CultureInfo.InvariantCulture);
        ComparisonResult result = s_test.Perform(new Sample([.. after.SelectMany(round => round)]), new Sample([.. before.SelectMany(round => round)]),
            Threshold.Parse(percent + "%"), new SignificanceLevel(settings.Significance));
        return new(result switch { ComparisonResult.Greater => TimeChange.Slower, ComparisonResult.Lesser => TimeChange.Faster, _ => TimeChange.None }, ratio, floor);
    }

    /// <summary>Twice the median distance of a round's median from the version's, as a share of it; 0 for one round.</summary>
    public static double NoiseFloor(IReadOnlyList<IReadOnlyList<double>> rounds)
    {
        double whole = Median(rounds.SelectMany(round => round));
        return 2 * Median(rounds.Select(round => Math.Abs(Median(round) / whole - 1)));
    }

    private static double Median(IEnumerable<double> values) => Percentile.Of([.. values.Order()], 50);
}
