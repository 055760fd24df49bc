using Alignment.Evaluation;
using Alignment.Reports.Numbers;
using Alignment.Reports.Text;

namespace Alignment.Reports.Tables;

/// <summary>Expected best mean score of each method after k random trials of its grid: the paper's question.</summary>
public static class BudgetTable
{
    private static readonly int[] s_shown = [1, 2, 3, 5, 10, 20, 50, 100];

    /// <summary>budget.csv: every k up to the number of finished runs, per method.</summary>
    public static Table Csv(ReportData data) => new(
        [
            new("method"), new("trials"), Column.Estimates("expected best", "expected_best"), new("outcome_10_percent"), new("outcome_90_percent"),
            new("expected_best_with_replacement"), new("wall_seconds"),
        ],
        [
            .. from method in data.Finished
               let expected = data.Expected(method)
               from k in Enumerable.Range(1, expected.Count)
               select (IReadOnlyList<Cell>)
               [
                   method.Method, Digits.Fixed(k, 0), expected[k - 1], data.Draws(method).Quantile(k, 0.1), data.Draws(method).Quantile(k, 0.9),
                   BestOfBudget.WithReplacement(method.MeanScores, k), k * SecondsPerRun(method),
               ],
        ]);

    /// <summary>The expected best after 1, 2, 3, 5, … trials with intervals; empty where a method has fewer finished runs.</summary>
    public static ReportTable Readable(ReportData data)
    {
        int most = data.Methods.Select(method => method.Ranked.Count).DefaultIfEmpty().Max();
        int[] shown = [.. s_shown.Concat(data.Tests.Trials).Where(trials => trials <= most).Distinct().Order()];
        return new ReportTable("budget", "Expected best mean score after k random trials",
            "k distinct runs of a method's grid, unbiased for k fresh trials of it; brackets: 95 % over prompts.",
            new Table([new("method"), .. shown.Select(k => Column.Estimates(Heading(k), $"k{Digits.Fixed(k, 0)}"))],
                [.. data.Methods.Select(method => Row(data, method, shown))]));
    }

    /// <summary>Runs, missing runs, spread of scores, share of runs strictly below the SFT model's mean score and cost, per method.</summary>
    public static ReportTable Grid(ReportData data) => new("grids", "What the grids hold",
        "Mean scores of every finished run of a method. A run's time is training, generation and scoring.",
        new Table(
            [
                new("method"), Column.Of("runs", "runs", 0), Column.Of("missing", "missing", 0), Column.Of("worst", "worst"),
                Column.Of("median", "median"), Column.Of("best", "best"), Column.Of("share below SFT", "share_below_sft"),
                Column.Of("seconds per run", "seconds_per_run", 1),
            ],
            [.. data.Methods.Select(method => GridRow(data, method))]));

    /// <summary>Heading of the column for <paramref name="trials"/> runs.</summary>
    public static string Heading(int trials) => $"k = {Digits.Fixed(trials, 0)}";

    /// <summary>[runs] the expected best after 1, 2, … runs, each with its interval over prompts.</summary>
    internal static IReadOnlyList<Estimate> Expected(ReportData data, MethodRuns method)
    {
        double[][] scores = data.Scores(method);
        return data.Bootstrap.Means([.. Enumerable.Range(1, scores.Length).Select(k => Weighted(scores, k))]);
    }

    /// <summary>Mean wall time of a method's runs, seconds.</summary>
    public static double SecondsPerRun(MethodRuns method) => method.Ranked.Average(run => run.Facts.TrainingSeconds + run.Facts.EvaluationSeconds);

    // [prompts] the ranked runs' scores, weighted with the chance that each is the best of k
    private static double[] Weighted(double[][] scores, int trials)
    {
        double[] column = new double[scores[0].Length];
        int rank = 0;
        foreach (double weight in BestOfBudget.Weights(scores.Length, trials))
        {
            double[] run = scores[rank++];
            for (int prompt = 0; prompt < column.Length; prompt++)
                column[prompt] += weight * run[prompt];
        }

        return column;
    }

    private static List<Cell> Row(ReportData data, MethodRuns method, int[] shown)
    {
        IReadOnlyList<Estimate> expected = method.Best is null ? [] : data.Expected(method);
        return [method.Method, .. shown.Select(k => k <= expected.Count ? (Cell)expected[k - 1] : Cell.Empty)];
    }

    private static List<Cell> GridRow(ReportData data, MethodRuns method)
    {
        double missing = data.Sweep.Missing.Count(run => run.Point.Method == method.Method);
        if (method.Best is null)
            return [method.Method, 0, missing, Cell.Empty, Cell.Empty, Cell.Empty, Cell.Empty, Cell.Empty];
        var scores = Distribution.Of(method.MeanScores);
        double below = data.Sweep.Sft is { } sft ? method.MeanScores.Count(score => score < sft.Summary.MeanScore.Value) : double.NaN;
        return [method.Method, scores.Count, missing, scores.Min, scores.Median, scores.Max, below / scores.Count, SecondsPerRun(method)];
    }
}
