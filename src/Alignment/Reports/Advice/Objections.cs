using Alignment.Evaluation;
using Alignment.Reports.Numbers;
using Alignment.Reports.Tables;
using Alignment.Reports.Text;
using Alignment.Sweeps;

namespace Alignment.Reports.Advice;

/// <summary>What speaks against a method, and what was checked: its gain over SFT, length, distance and the runs that failed to help.</summary>
internal static class Objections
{
    public static IEnumerable<Finding> Of(ReportData data, MethodRuns method)
    {
        StoredRun best = method.Best!;
        if (data.Sweep.Sft is { } sft)
        {
            LengthControl control = LengthTable.Compare(data, best, sft);
            string row = LengthTable.Key(method.Method, sft.Point.Method);
            Estimate wins = HeadToHead.Of(data.Columns(best), data.Columns(sft), data.Bootstrap).FirstWins;
            yield return new Finding($"{method.Method}'s best run {Verdict(control.Raw)} the {data.Sweep.StartModel}: "
                + $"win rate {Estimates.Text(wins, 3)}, with ties as half {Estimates.Text(control.Raw, 3)}.",
                new Source("length", row, "win rate"), new Source("length", row, "ties as half"));
            Estimate longer = data.Difference(SampleMetrics.Length, best, sft);
            string length = longer.Low > 0 ? "longer than" : longer.High < 0 ? "shorter than" : "about as long as";
            yield return new Finding($"Its answers are {length} {data.Sweep.Start}'s ({Estimates.Change(longer, 1)} {data.Sweep.LengthUnit}); at equal length the latter would be "
                + $"{Estimates.Text(control.Controlled, 3)}.",
                new Source("length", row, LengthTable.Longer(data)), new Source("length", row, "length-controlled"));
            double below = GridTable.ShareBelow(method, sft);
            yield return new Finding(below > 0
                ? $"Not every setting helps: a share of {Digits.Fixed(below, 3)} of {method.Method}'s runs scores below the {data.Sweep.StartModel}."
                : $"None of {method.Method}'s runs scores below the {data.Sweep.StartModel}.",
                new Source("grids", method.Method, GridTable.Below(data.Sweep)));
        }

        if (Drift.Of(data, method) is { } drift)
            yield return drift;
    }

    private static string Verdict(Estimate rate) => rate.Low > 0.5 ? "beats" : rate.High < 0.5 ? "loses to" : "is not distinguishable from";
}
