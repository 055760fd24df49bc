using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Alignment.Files;
using Alignment.Reports.Advice;
using Alignment.Reports.Numbers;
using Alignment.Reports.Tables;
using Alignment.Sweeps.Import;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Reports;

/// <summary>
/// Three methods at two learning rates with four seeds each, imported. One of them collapses at the higher rate, and one of its seeds at the lower: at its best
/// setting alone four seeds with such a tail tell nothing apart, all of its seeds do. -p:SeedsFile= reports a file of such runs, { "runs": [{ "run": slug, "scores": […] }] }.
/// </summary>
public sealed partial class CollapsedSeedTests
{
    private const int Prompts = 80;

    // [rates][seeds] mean scores
    private static readonly (string Method, string Parameters, double[][] Means)[] s_runs =
    [
        ("DPO", "\"beta\": 0.1", [[2.21, 2.25, 2.18, 2.24], [1.92, 2.05, 1.99, 2.10]]),
        ("LN-DPO", "\"beta\": 2.0", [[2.27, 2.22, 2.24, 2.29], [1.95, 1.90, 2.03, 1.98]]),
        ("SimPO", "\"beta\": 2.5, \"gamma\": 1.0", [[1.98, 1.10, 2.01, 1.95], [-1.2, -1.0, -0.6, -1.3]]),
    ];

    private readonly string _root = Directory.CreateTempSubdirectory("seeds").FullName;

    [OneTimeTearDown]
    public void Clean() => Directory.Delete(_root, recursive: true);

    [Test]
    public void The_method_that_collapses_is_told_apart_from_both_others_and_these_are_not()
    {
        ReportData data = Import("own", [.. from method in s_runs
            from rate in Enumerable.Range(0, 2)
            from seed in Enumerable.Range(0, 4)
            select ($"\"method\": \"{method.Method}\", \"parameters\": {{ {method.Parameters}, \"learning_rate\": {(rate == 0 ? "2e-4" : "6e-4")} }}, \"seed\": {seed + 1}",
                Scores($"{method.Method}/{rate}/{seed}", method.Means[rate][seed]))]);
        Recommendation advice = Recommendation.Of(data);
        Assert.That(advice.Answer.Text, Is.EqualTo("Use DPO or LN-DPO, which are not told apart: over budgets of 1 and 2 runs SimPO is behind DPO and LN-DPO, "
            + "beyond the noise of seeds and prompts; with 2 runs alone that is within the noise."));
        Assert.That(advice.Undecided!.Text, Does.Contain("Over budgets of 1 and 2 runs, ")
            .And.Match(@" To tell LN-DPO's best setting from DPO's at a lead of 0\.\d\d\d takes (about [\d,]+ prompts|\d+ seeds each|about [\d,]+ prompts (or|and) \d+ seeds each)\.$"), "what it would take to know");
        Assert.That(advice.Undecided!.Text, Does.Match(@"^Safest: (LN-)?DPO, which another seed moves least \(0\.\d\d\d\)\. "));

        // nothing but scores was imported, and nothing here can train
        ReportTable start = StartTable.Of(data);
        Assert.That(start.Table.Columns.Select(column => column.Name), Is.EqualTo(new[] { "method", "setting", "score" }));
        Assert.That(start.Data.ToCsv(), Does.StartWith("method,setting,score,score_low,score_high,gain,gain_low,gain_high,time_per_run,cut_share,kl\n"));
        Assert.That(advice.Next[0].Text, Does.StartWith("Train ").And.EndWith("Train them where the other runs were trained and add them to the file of results: the command below then reports them, too."));
        Assert.That(advice.Next[0].Text.Contains("expected to be best; none of them is likely to.", StringComparison.Ordinal), Is.EqualTo(data.Further.All(run => run.Effect.SettingChance < 0.05)));
    }

    [Test]
    public void A_given_file_of_seeds_tells_SimPO_apart_from_DPO_and_LN_DPO()
    {
        if (TestContext.Parameters.Get("SeedsFile") is not { Length: > 0 } path)
        {
            Assert.Ignore("give -p:SeedsFile=");
            return;
        }

        ReportData data = Import("given", [.. JsonDocument.Parse(File.ReadAllText(path)).RootElement.GetProperty("runs").EnumerateArray().Select(run => (Entry(run.GetProperty("run").GetString()!),
            run.GetProperty("scores").EnumerateArray().Select(score => score.GetDouble()).ToArray()))]);
        foreach (MethodComparison pair in data.Comparisons.All)
            TestContext.Out.WriteLine(FormattableString.Invariant($"{pair.Key}: {pair.Lead.Value:F3} [{pair.Lead.Low:F3}, {pair.Lead.High:F3}], corrected p {pair.CorrectedP:F5}, ahead {pair.Chance:F2}"));
        TestContext.Out.WriteLine(Recommendation.Of(data).Answer.Text);
        Assert.That(MethodComparisons.Recommended(data.Comparisons.OverAll), Is.EquivalentTo(new[] { "DPO", "LN-DPO" }));
        Assert.That(data.Comparisons.OverAll.Where(pair => pair.Second.Method == "SimPO").Select(pair => pair.IsFound), Is.EqualTo(new[] { true, true }));
    }

    private ReportData Import(string name, (string Entry, double[] Scores)[] runs)
    {
        for (int i = 0; i < runs.Length; i++)
            File.WriteAllLines(Path.Combine(_root, $"{name}-{i}.jsonl"),
                runs[i].Scores.Select((score, prompt) => $$"""{ "prompt": "prompt {{prompt}}", "response": "an answer", "score": {{score.ToString("R", CultureInfo.InvariantCulture)}} }"""));
        string manifest = Path.Combine(_root, $"{name}.json");
        File.WriteAllText(manifest, $$"""{ "name": "{{name}}", "runs": [ {{string.Join(", ", runs.Select((run, i) => $$"""{ {{run.Entry}}, "file": "{{name}}-{{i}}.jsonl" }"""))}} ] }""");
        return new ReportData(ResultImport.Import(ResultManifest.Load(manifest), Path.Combine(_root, "sweeps"), "dotnet test", _ => { }));
    }

    private static string Entry(string slug)
    {
        Match run = Slug().Match(slug);
        return $"\"method\": \"{run.Groups["method"]}\", \"parameters\": {{ \"beta\": {run.Groups["beta"]}, {(run.Groups["gamma"].Success ? $"\"gamma\": {run.Groups["gamma"]}, " : "")}"
            + $"\"learning_rate\": {run.Groups["rate"]} }}, \"seed\": {run.Groups["seed"]}";
    }

    // of exactly that mean
    private static double[] Scores(string run, double mean)
    {
        double[] scores = [.. Enumerable.Range(0, Prompts).Select(prompt => new SeededRandom(5, $"prompt/{prompt}").NextNormal() + 0.5 * new SeededRandom(5, $"{run}/{prompt}").NextNormal())];
        return [.. scores.Select(score => score - scores.Average() + mean)];
    }

    [GeneratedRegex(@"^(?<method>.+?)-b(?<beta>[\d.]+)(-g(?<gamma>[\d.]+))?-lr(?<rate>[\de.-]+?)-e\d+-s(?<seed>\d+)$")]
    private static partial Regex Slug();
}
