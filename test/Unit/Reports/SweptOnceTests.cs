using System.Globalization;
using Alignment.Files;
using Alignment.Reports;
using Alignment.Reports.Advice;
using Alignment.Reports.Numbers;
using Alignment.Reports.Tables;
using Alignment.Sweeps;
using Alignment.Sweeps.Import;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Reports;

/// <summary>Imported runs that try a hyperparameter once per value: runs cannot tell its effect from chance, prompts can.</summary>
public sealed class SweptOnceTests
{
    private const int Prompts = 80;
    private readonly string _root = Directory.CreateTempSubdirectory("once").FullName;

    [OneTimeTearDown]
    public void Clean() => Directory.Delete(_root, recursive: true);

    [TestCase(new[] { "0.01", "0.1", "0.5" }, new[] { 0, 0.4, 0.8 }, "extend Beta above 0.5")]
    [TestCase(new[] { "0.01", "0.1", "0.5", "1.0" }, new[] { 0.9, 0.4, 0.2, 0 }, "extend Beta below 0.01")]
    [TestCase(new[] { "2.0", "2.5" }, new[] { 0, 0.5 }, "extend Beta above 2.5")]
    public void The_first_screen_says_where_to_extend_a_range_whose_edge_is_best_beyond_the_noise_of_the_prompts(string[] betas, double[] effects, string expected)
    {
        Recommendation advice = Advice(betas, effects);
        Assert.That(advice.Next.Select(finding => finding.Text), Has.Some.EqualTo($"DPO's and LN-DPO's best settings lie at the edge of what was tried: {expected}."));
        Assert.That(File.ReadAllText(Path.Combine(_root, "report.html")).Split("</section>")[0], Does.Contain(expected), "the first screen");
        Assert.That(advice.Settings.Select(finding => finding.Text), Has.Some.EqualTo(
            $"DPO tried each Beta in one run: over prompts {expected.Split(' ')[^1]} is ahead of {betas.Length - 1} of the {betas.Length - 1} other values; what another run with it would score is not known."));
        Assert.That(advice.Settings.Select(finding => finding.Text), Has.None.Contains("by chance"));
    }

    [Test]
    public void Values_that_prompts_do_not_tell_apart_give_no_advice()
    {
        Recommendation advice = Advice(["0.01", "0.1", "0.5"], [0, 0.001, 0.002]);
        Assert.That(advice.Next.Select(finding => finding.Text), Has.None.Contains("extend"));
        Assert.That(advice.Settings.Select(finding => finding.Text), Has.Some.Contains("is ahead of none of the 2 other values"));
    }

    [Test]
    public void The_best_value_inside_the_range_gives_no_advice() =>
        Assert.That(Advice(["0.01", "0.1", "0.5"], [0, 0.8, 0.2]).Next.Select(finding => finding.Text), Has.None.Contains("extend"));

    private Recommendation Advice(string[] betas, double[] effects)
    {
        File.WriteAllLines(Path.Combine(_root, "sft.jsonl"), Rows("sft", 0));
        for (int i = 0; i < betas.Length; i++)
            foreach (string method in new[] { "DPO", "LN-DPO" })
                File.WriteAllLines(Path.Combine(_root, $"{method}-{i}.jsonl"), Rows($"{method}/{i}", effects[i]));
        string runs = string.Join(", ", betas.SelectMany((beta, i) => new[] { "DPO", "LN-DPO" }.Select(method =>
            $$"""{ "method": "{{method}}", "file": "{{method}}-{{i}}.jsonl", "parameters": { "beta": {{beta}}, "learning_rate": 5e-07 } }""")));
        string manifest = Path.Combine(_root, "results.json");
        File.WriteAllText(manifest, $$"""{ "name": "once-{{TestContext.CurrentContext.Test.ID}}", "sft": { "file": "sft.jsonl" }, "runs": [ {{runs}} ] }""");
        StoredSweep sweep = ResultImport.Import(ResultManifest.Load(manifest), Path.Combine(_root, "sweeps"), "dotnet test", _ => { });
        var data = new ReportData(sweep);
        Recommendation advice = Recommendation.Of(data);
        File.WriteAllText(Path.Combine(_root, "report.html"), ReportWriter.Files(data).Single(file => file.Name == "report.html").Text);
        Assert.That(SensitivityTable.Of(data).Table.Rows.Select(row => row[3].Number), Is.All.EqualTo(1), "by chance");
        return advice;
    }

    private static IEnumerable<string> Rows(string run, double effect) => Enumerable.Range(0, Prompts).Select(prompt =>
    {
        double difficulty = new SeededRandom(3, $"prompt/{prompt}").NextNormal(), noise = 0.5 * new SeededRandom(3, $"{run}/{prompt}").NextNormal();
        string score = (difficulty + effect + noise).ToString("R", CultureInfo.InvariantCulture);
        return $$"""{ "prompt": "prompt {{prompt}}", "response": "an answer", "score": {{score}} }""";
    });
}
