using Alignment.Evaluation;
using Alignment.Reports.Numbers;
using Alignment.Sweeps;

namespace Alignment.Reports.Tables;

/// <summary>Does a method win by being better or by being longer?</summary>
internal static class LengthTable
{
    /// <summary>length: best runs against the SFT model and against each other.</summary>
    public static ReportTable Of(ReportData data) => new("length", "Do wins come from longer answers?",
        "Win rate: share of prompts with a strictly higher score, as in every table. Length-controlled: what that would be if both answers were equally long (logistic "
        + "regression on the length difference, as AlpacaEval 2). Length effect: above 0, the longer answer wins more often.",
        new Table(
            [
                new("best runs"), Column.Estimates("win rate", "win_rate"), Column.Estimates("length-controlled", "win_rate_length_controlled"),
                Column.Of("length effect", "length_effect", 2, isChange: true), Column.Estimates(Longer(data), "length_difference", 1, isChange: true),
            ],
            [
                .. data.Finished.Where(_ => data.Sweep.Sft is not null).Select(method => Row(data, method.Method, method.Best!, data.Sweep.Sft!.Point.Method, data.Sweep.Sft)),
                .. data.Finished.SelectMany((first, i) => data.Finished.Skip(i + 1)
                    .Select(second => Row(data, first.Method, first.Best!, second.Method, second.Best!))),
            ]));

    /// <summary>The comparison of two runs, the first's view.</summary>
    public static LengthControl Compare(ReportData data, StoredRun first, StoredRun second)
    {
        SampleColumns a = data.Columns(first), b = data.Columns(second);
        return LengthControl.Of(a.Score, b.Score, a.Length, b.Length, data.Bootstrap.Clusters);
    }

    /// <summary>Heading of the column of length differences.</summary>
    public static string Longer(ReportData data) => $"{data.Sweep.LengthUnit} longer";

    /// <summary>The name of a row.</summary>
    public static string Key(string first, string second) => $"{first} vs {second}";

    private static IReadOnlyList<Cell> Row(ReportData data, string firstName, StoredRun first, string secondName, StoredRun second)
    {
        LengthControl control = Compare(data, first, second);
        Estimate wins = HeadToHead.Of(data.Columns(first), data.Columns(second), data.Bootstrap).FirstWins;
        return [Key(firstName, secondName), wins, control.Controlled, control.LengthEffect, data.Difference(SampleMetrics.Length, first, second)];
    }
}
