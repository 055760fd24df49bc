using Alignment.Evaluation;
using Alignment.Reports.Advice;
using Alignment.Reports.Numbers;
using Alignment.Reports.Tables;
using Alignment.Reports.Text;

namespace Alignment.Reports.Compare;

/// <summary>The tables of two sweeps beside each other.</summary>
internal static class CompareTables
{
    /// <summary>Heading of the column that says whether two answers agree.</summary>
    internal const string SameAnswer = "same answer";

    /// <summary>All tables: answers, changes and transfer.</summary>
    public static IReadOnlyList<ReportTable> Of(SweepPair pair) => [Stores(pair), Answers(pair), Changes(pair), Transfer(pair)];

    /// <summary>stores: what is compared.</summary>
    public static ReportTable Stores(SweepPair pair) => new("stores", "What is compared",
        pair.SamePrompts ? "Both sweeps answer the same prompts: responses are compared pair by pair." : "The sweeps answer different prompts: their means are compared, not their pairs.",
        new Table(
            [new("sweep"), Column.Of("prompts", "prompts", 0), Column.Of("runs", "runs", 0), Column.Of("missing", "missing", 0), Column.Estimates(pair.StartScore, "sft_score")],
            [Row(pair.FirstName, pair.First), Row(pair.SecondName, pair.Second)]));

    /// <summary>answers: which method each sweep says to use with a budget.</summary>
    public static ReportTable Answers(SweepPair pair) => new("answers", "Do both say the same?",
        "Methods that cannot be told apart are all named; open: neither sweep shows one method to be best.", new Table(
        [Column.Of("runs", "runs", 0), new(pair.FirstName), new(pair.SecondName), new(SameAnswer)],
        [
            .. SharedBudget.Of(pair).Select(budget => (IReadOnlyList<Cell>)
                [budget.Trials, Words.Or(budget.First.Order(StringComparer.Ordinal)), Words.Or(budget.Second.Order(StringComparer.Ordinal)), budget.Agreement]),
        ]));

    /// <summary>changes: the best run of each method here and there.</summary>
    public static ReportTable Changes(SweepPair pair) => new("changes", "Does a method's best run get better?",
        "Change: second minus first; its interval is corrected for the number of methods. An interval that includes 0 shows no change. Where the sweeps have "
        + $"other prompts or another gold model, read the win rates against each sweep's own {pair.StartModel} instead.",
        new Table(
            [
                new("method"), new("best in " + pair.FirstName), new("best in " + pair.SecondName), Column.Estimates("score, " + pair.FirstName, "score_first"),
                Column.Estimates("score, " + pair.SecondName, "score_second"), Column.Estimates("change", "change", isChange: true), new("verdict"),
                Column.Estimates($"win vs {pair.First.Sweep.Start}, {pair.FirstName}", "win_vs_sft_first"),
                Column.Estimates($"win vs {pair.Second.Sweep.Start}, {pair.SecondName}", "win_vs_sft_second"),
            ],
            [.. pair.Shared.Select(method => Change(pair, method.First, method.Second))]));

    /// <summary>transfer: every setting that both sweeps tried.</summary>
    public static ReportTable Transfer(SweepPair pair) => new("transfer", "Do the best settings carry over?",
        $"Mean score and rank of the settings that both sweeps tried; ranks are within a method. {Words.And(Correlations(pair))}.",
        new Table(
            [
                new("setting"), new("method"), Column.Of("score, " + pair.FirstName, "score_first"), Column.Of("score, " + pair.SecondName, "score_second"),
                Column.Of("rank, " + pair.FirstName, "rank_first", 0), Column.Of("rank, " + pair.SecondName, "rank_second", 0),
            ],
            [.. pair.Shared.SelectMany(method => SharedSettings.Of(method.First, method.Second)).Select(shared => (IReadOnlyList<Cell>)
                [shared.Name, shared.Method, shared.FirstScore, shared.SecondScore, shared.FirstRank, shared.SecondRank])]));

    /// <summary>The change of a method's best score, as in <see cref="Changes"/>.</summary>
    internal static Estimate BestChange(SweepPair pair, MethodRuns first, MethodRuns second) =>
        pair.Difference(SampleMetrics.Score, first.Best!, second.Best!, 1 - 0.05 / pair.Shared.Count);

    private static IReadOnlyList<Cell> Row(string name, ReportData data) =>
        [name, data.Prompts, data.Sweep.Runs.Count, data.Sweep.Missing.Count, data.Sweep.Sft is { } sft ? sft.Summary.MeanScore : Cell.Empty];

    private static IReadOnlyList<Cell> Change(SweepPair pair, MethodRuns first, MethodRuns second)
    {
        Estimate change = BestChange(pair, first, second);
        string verdict = change.Low > 0 ? "higher" : change.High < 0 ? "lower" : "no change shown";
        return
        [
            first.Method, first.Best!.Id, second.Best!.Id, first.Best.Summary.MeanScore, second.Best.Summary.MeanScore, change, verdict,
            first.Best.Summary.WinVsSft, second.Best.Summary.WinVsSft,
        ];
    }

    private static IEnumerable<string> Correlations(SweepPair pair)
    {
        string[] known = [.. from method in pair.Shared
                             let shared = SharedSettings.Of(method.First, method.Second)
                             where shared.Count > 1
                             select $"{method.First.Method}'s ranks correlate with {Digits.WithSign(SharedSettings.RankCorrelation(shared), 2)}"];
        return known.Length > 0 ? known : ["No method has two settings that both sweeps tried"];
    }
}

/// <summary>What two sweeps say to use with a budget that both know.</summary>
/// <param name="Trials">Runs.</param>
/// <param name="First">The methods that the first cannot tell apart from the best.</param>
/// <param name="Second">Those of the second.</param>
internal sealed record SharedBudget(int Trials, IReadOnlyList<string> First, IReadOnlyList<string> Second)
{
    /// <summary>"yes" where both show the same method to be best, "open" where neither shows one, "partly" where one does and the other cannot tell it apart, or "no".</summary>
    public string Agreement => !First.Intersect(Second).Any() ? "no" : (First.Count, Second.Count) switch
    {
        (1, 1) => "yes",
        ( > 1, > 1) => "open",
        _ => "partly",
    };

    public static IReadOnlyList<SharedBudget> Of(SweepPair pair) =>
    [
        .. from first in BudgetChoice.Of(pair.First)?.AtEach ?? []
           join second in BudgetChoice.Of(pair.Second)?.AtEach ?? [] on first.Trials[0] equals second.Trials[0]
           select new SharedBudget(first.Trials[0], first.Use, second.Use),
    ];
}
