using System.Globalization;
using System.Text.Json;
using Alignment.Evaluation;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

[Category("Golden")]
public sealed class GoldenMetricsTests
{
    private static readonly JsonElement s_root = JsonDocument.Parse(File.ReadAllText(GoldenSet.File("metrics.json"))).RootElement;

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
        JsonElement expected = s_root.GetProperty("expected").GetProperty(name);
        if (expected.ValueKind == JsonValueKind.Number)
        {
            Assert.That(s_scalars, Contains.Key(name));
            Close(s_scalars[name](), expected.GetDouble(), name);
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
        JsonElement row = s_root.GetProperty("token_level")[index];
        double[] policy = Numbers(row.GetProperty("policy_token_logps")), sft = Numbers(row.GetProperty("sft_token_logps"));
        SampleRow sample = Row(0, 0, 0, 0, policy.Sum(), sft.Sum(), policy.Length);

        Close(sample.Kl, row.GetProperty("kl").GetDouble(), "kl");
        Close(SampleColumns.Of([sample]).KlPerToken[0], row.GetProperty("kl_per_token").GetDouble(), "kl_per_token");
    }

    [TestCaseSource(nameof(BudgetCases))]
    public void Expected_best_of_k(int index)
    {
        JsonElement row = s_root.GetProperty("expected_best_of_k")[index];
        double[] scores = Numbers(row.GetProperty("values"));
        double[] means = Numbers(row.GetProperty("expected_max_of_k"));
        for (int k = 1; k <= means.Length; k++)
            Close(BestOfBudget.WithReplacement(scores, k), means[k - 1], $"expected best of {k}");
        foreach (JsonProperty simulated in row.GetProperty("monte_carlo").EnumerateObject())
        {
            double error = 5 * simulated.Value.GetProperty("standard_error").GetDouble() + 1e-9;
            double expected = BestOfBudget.WithReplacement(scores, int.Parse(simulated.Name, CultureInfo.InvariantCulture));
            Assert.That(expected, Is.EqualTo(simulated.Value.GetProperty("mean").GetDouble()).Within(error), $"simulated, {simulated.Name}");
        }
    }

    private static IEnumerable<string> ExpectedNames() => s_root.GetProperty("expected").EnumerateObject().Select(part => part.Name);

    private static IEnumerable<int> TokenLevelCases() => Enumerable.Range(0, s_root.GetProperty("token_level").GetArrayLength());

    private static IEnumerable<int> BudgetCases() => Enumerable.Range(0, s_root.GetProperty("expected_best_of_k").GetArrayLength());

    private void DistributionMatches(Distribution actual, JsonElement expected)
    {
        foreach (JsonProperty figure in expected.EnumerateObject())
        {
            if (figure.Name == "percentiles")
                foreach (JsonProperty percentile in figure.Value.EnumerateObject())
                    Close(actual.At(double.Parse(percentile.Name, CultureInfo.InvariantCulture)), percentile.Value.GetDouble(),
                        $"percentile {percentile.Name}");
            else
                Close(Figure(actual, figure.Name), figure.Value.GetDouble(), figure.Name);
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

    private void HeadToHeadMatches(JsonElement expected)
    {
        foreach (JsonProperty row in expected.EnumerateObject())
            foreach (JsonProperty column in row.Value.EnumerateObject().Where(column => column.Value.ValueKind != JsonValueKind.Null))
            {
                var pair = HeadToHead.Of(SampleColumns.Of(MethodRows(row.Name)), SampleColumns.Of(MethodRows(column.Name)), new Bootstrap(s_rows.Length, 0, 10));
                Close(100 * pair.FirstWins.Value, column.Value.GetDouble(), $"{row.Name} beats {column.Name}");
            }
    }

    private void RelativeChangeMatches(JsonElement expected)
    {
        double dpo = Distribution.Of(MethodRows("DPO").Select(row => row.Score)).Mean;
        foreach (JsonProperty method in expected.EnumerateObject())
        {
            double mean = Distribution.Of(MethodRows(method.Name).Select(row => row.Score)).Mean;
            Close(100 * (mean - dpo) / Math.Abs(dpo), method.Value.GetDouble(), method.Name);
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
        double[] scores = Numbers(s_root.GetProperty("samples").GetProperty("score_by_method").GetProperty(method));
        return [.. s_rows.Select((row, i) => row with { Score = scores[i] })];
    }

    private static SampleRow[] Rows()
    {
        JsonElement samples = s_root.GetProperty("samples");
        double[] Column(string name) => Numbers(samples.GetProperty(name));
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
    };

    private static double[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(number => number.GetDouble())];
}
