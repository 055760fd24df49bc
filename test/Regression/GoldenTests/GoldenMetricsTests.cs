using System.Globalization;
using Alignment.Evaluation;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

[Category("Golden")]
public sealed class GoldenMetricsTests
{
    private static readonly GoldenJson s_root = GoldenSet.Document("metrics.json");

    private static readonly SampleRow[] s_rows = Rows();

    private GoldenTally _tally = null!;

    /// <summary>Every expected figure of the file and how this project computes it; a figure not listed here fails its test.</summary>
    private static readonly Dictionary<string, Func<double>> s_scalars = new()
    {
        ["mean_score"] = () => Summary.MeanScore.Value,
        ["mean_score_chosen"] = () => Distribution.Of(s_rows.Select(row => row.ChosenScore)).Mean,
        ["mean_score_sft"] = () => Distribution.Of(s_rows.Select(row => row.SftScore)).Mean,
        ["win_vs_chosen"] = () => Summary.WinVsChosen.Value,
        ["tie_vs_chosen"] = () => VsChosen.Ties.Value,
        ["loss_vs_chosen"] = () => VsChosen.SecondWins.Value,
        ["win_vs_sft"] = () => Summary.WinVsSft.Value,
        ["tie_vs_sft"] = () => VsSft.Ties.Value,
        ["loss_vs_sft"] = () => VsSft.SecondWins.Value,
        ["mean_kl"] = () => Summary.MeanKl.Value,
        ["mean_length_normalised_kl"] = () => Summary.MeanKlPerToken.Value,
        ["token_weighted_kl"] = () => Columns.Kl.Sum() / Columns.Length.Sum(),
        ["mean_length"] = () => Summary.MeanLength.Value,
    };

    private static readonly Dictionary<string, Func<SampleRow, double>> s_distributions = new()
    {
        ["score"] = row => row.Score,
        ["kl"] = row => row.Kl,
        ["length_normalised_kl"] = row => row.Kl / row.Length,
        ["length"] = row => row.Length,
    };

    private static RunSummary Summary => Summaries.Summarise(s_rows, seed: 0);

    private static SampleColumns Columns => SampleColumns.Of(s_rows);

    private static HeadToHead VsChosen => HeadToHead.Of(Columns, Columns with { Score = Columns.ChosenScore }, new Bootstrap(s_rows.Length, 0, 10));

    private static HeadToHead VsSft => HeadToHead.Of(Columns, Columns with { Score = Columns.SftScore }, new Bootstrap(s_rows.Length, 0, 10));

    [TestCaseSource(nameof(ExpectedNames))]
    public void Expected(string name)
    {
        GoldenJson expected = s_root["expected"][name];
        if (expected.IsNumber)
        {
            Assert.That(s_scalars, Contains.Key(name));
            Close(s_scalars[name](), expected.Number, name);
        }
        else if (name == "head_to_head_percent_row_beats_column")
            HeadToHeadMatches(expected);
        else if (name == "relative_change_vs_dpo_percent")
            RelativeChangeMatches(expected);
        else
        {
            Assert.That(s_distributions, Contains.Key(name));
            DistributionMatches(Distribution.Of(s_rows.Select(s_distributions[name])), expected);
        }
    }

    [TestCaseSource(nameof(TokenLevelCases))]
    public void Kl_is_the_sum_of_the_token_log_ratios(int index)
    {
        GoldenJson row = s_root["token_level"][index];
        double[] policy = row["policy_token_logps"].Numbers, sft = row["sft_token_logps"].Numbers;
        SampleRow sample = Row(0, 0, 0, 0, policy.Sum(), sft.Sum(), policy.Length);

        Close(sample.Kl, row["kl"].Number, "kl");
        Close(SampleColumns.Of([sample]).KlPerToken[0], row["kl_per_token"].Number, "kl_per_token");
    }

    [TestCaseSource(nameof(BudgetCases))]
    public void Expected_best_of_k(int index)
    {
        GoldenJson row = s_root["expected_best_of_k"][index];
        double[] scores = row["values"].Numbers, means = row["expected_max_of_k"].Numbers, deviations = row["std_of_max_of_k"].Numbers;
        Assert.That(deviations, Has.Length.EqualTo(means.Length));
        for (int k = 1; k <= means.Length; k++)
        {
            Close(BestOfBudget.WithReplacement(scores, k), means[k - 1], $"expected best of {k}");
            Close(DeviationOfBest(scores, k), deviations[k - 1], $"deviation of the best of {k}");
        }
        Close(Distribution.Of(scores).Max, row["max"].Number, "max");
        Close(Distribution.Of(scores).Min, row["min"].Number, "min");
        Assert.That(row["monte_carlo_disagreements"].Items, Is.Empty, "the reference disagrees with its own simulation");
        foreach ((string trials, GoldenJson simulated) in row["monte_carlo"].Members)
        {
            double error = 5 * simulated["standard_error"].Number + 1e-9;
            double expected = BestOfBudget.WithReplacement(scores, int.Parse(trials, CultureInfo.InvariantCulture));
            Assert.That(expected, Is.EqualTo(simulated["mean"].Number).Within(error), $"simulated, {trials}");
        }
    }

    // the chance that the best of k is at least v is the expected best where a score counts 1 from v on and 0 below
    private static double DeviationOfBest(double[] scores, int k)
    {
        double[] ascending = [.. scores.Distinct().Order()];
        double[] atLeast = [.. ascending.Select(least => BestOfBudget.WithReplacement([.. scores.Select(score => score >= least ? 1.0 : 0)], k)), 0];
        double[] chances = [.. ascending.Select((_, i) => atLeast[i] - atLeast[i + 1])];
        double mean = ascending.Zip(chances, (score, chance) => score * chance).Sum();
        return Math.Sqrt(ascending.Zip(chances, (score, chance) => (score - mean) * (score - mean) * chance).Sum());
    }

    private static IEnumerable<string> ExpectedNames() => s_root["expected"].Members.Select(part => part.Name);

    private static IEnumerable<int> TokenLevelCases() => Enumerable.Range(0, s_root["token_level"].Items.Count);

    private static IEnumerable<int> BudgetCases() => Enumerable.Range(0, s_root["expected_best_of_k"].Items.Count);

    private void DistributionMatches(Distribution actual, GoldenJson expected)
    {
        foreach ((string name, GoldenJson figure) in expected.Members)
        {
            if (name == "percentiles")
                foreach ((string percentile, GoldenJson value) in figure.Members)
                    Close(actual.At(double.Parse(percentile, CultureInfo.InvariantCulture)), value.Number, $"percentile {percentile}");
            else
                Close(Figure(actual, name), figure.Number, name);
        }
    }

    private static double Figure(Distribution of, string name) => name switch
    {
        "mean" => of.Mean,
        "std_population" => of.PopulationStandardDeviation,
        "std_sample" => of.SampleStandardDeviation,
        "min" => of.Min,
        "max" => of.Max,
        "median" => of.Median,
        _ => throw new AssertionException($"metrics.json asks for '{name}', which this test does not know"),
    };

    private void HeadToHeadMatches(GoldenJson expected)
    {
        foreach ((string first, GoldenJson row) in expected.Members)
            foreach ((string second, GoldenJson wins) in row.Members.Where(column => !column.Value.IsNull))
            {
                var pair = HeadToHead.Of(SampleColumns.Of(MethodRows(first)), SampleColumns.Of(MethodRows(second)), new Bootstrap(s_rows.Length, 0, 10));
                Close(100 * pair.FirstWins.Value, wins.Number, $"{first} beats {second}");
            }
    }

    private void RelativeChangeMatches(GoldenJson expected)
    {
        double dpo = Distribution.Of(MethodRows("DPO").Select(row => row.Score)).Mean;
        foreach ((string method, GoldenJson change) in expected.Members)
        {
            double mean = Distribution.Of(MethodRows(method).Select(row => row.Score)).Mean;
            Close(100 * (mean - dpo) / Math.Abs(dpo), change.Number, method);
        }
    }

    private void Close(double actual, double expected, string name) => _tally.Close(name, actual, expected, GoldenTolerances.Metrics);

    [SetUp]
    public void Begin()
    {
        _tally = new("metrics.json");
        _tally.Begin(TestContext.CurrentContext.Test.Name);
    }

    [TearDown]
    public void Finish() => _tally.Finish();

    private static SampleRow[] MethodRows(string method)
    {
        double[] scores = s_root["samples"]["score_by_method"][method].Numbers;
        return [.. s_rows.Select((row, i) => row with { Score = scores[i] })];
    }

    private static SampleRow[] Rows()
    {
        double[] Column(string name) => s_root["samples"][name].Numbers;
        double[] score = Column("score_policy"), chosen = Column("score_chosen"), sft = Column("score_sft");
        double[] policy = Column("logp_policy"), reference = Column("logp_sft"), length = Column("length");
        return [.. score.Select((_, i) => Row(i, score[i], chosen[i], sft[i], policy[i], reference[i], (int)length[i]))];
    }

    private static SampleRow Row(int prompt, double score, double chosen, double sft, double policy, double reference, int length) => new()
    {
        PromptIndex = prompt,
        Prompt = "",
        Chosen = "",
        Response = "",
        Tokens = new int[length],
        Ended = true,
        Score = score,
        ChosenScore = chosen,
        SftScore = sft,
        PolicyLogProb = policy,
        SftLogProb = reference,
        KlK3 = 0, // the file has no log-probs per token for it
    };
}
