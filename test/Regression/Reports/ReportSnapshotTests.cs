using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Alignment.Reports;
using Alignment.Reports.Numbers;
using Alignment.Sweeps;
using Alignment.Tests.Unit.Reports;
using NUnit.Framework;
using static VerifyNUnit.Verifier;

namespace Alignment.Tests.Regression.Reports;

/// <summary>Every table and figure of a generated sweep, locked byte for byte and made again under three other cultures.</summary>
[NonParallelizable]
public sealed class ReportSnapshotTests
{
    // 58 finished runs of three methods
    private const int Seeds = 3;

    private readonly string _folder = Path.Combine(TestContext.CurrentContext.WorkDirectory, "report-snapshots");
    private readonly Dictionary<string, string> _files = [];

    [OneTimeSetUp]
    public void WriteReports()
    {
        foreach (string path in ReportWriter.Write(GeneratedSweep.Write(_folder, Seeds)))
            _files[Path.GetFileName(path)] = File.ReadAllText(path);
    }

    [OneTimeTearDown]
    public void RemoveReports() => Directory.Delete(_folder, recursive: true);

    [TestCase("start", "csv")]
    [TestCase("start", "md")]
    [TestCase("objections", "csv")]
    [TestCase("objections", "md")]
    [TestCase("facts", "csv")]
    [TestCase("facts", "md")]
    [TestCase("claims", "csv")]
    [TestCase("claims", "md")]
    [TestCase("leads", "svg")]
    [TestCase("table1", "csv")]
    [TestCase("table1", "md")]
    [TestCase("table3", "csv")]
    [TestCase("table3", "md")]
    [TestCase("recommendation", "md")]
    [TestCase("methods", "csv")]
    [TestCase("methods", "md")]
    [TestCase("settings-like-these", "csv")]
    [TestCase("settings-like-these", "md")]
    [TestCase("reach", "csv")]
    [TestCase("reach", "md")]
    [TestCase("grids", "csv")]
    [TestCase("grids", "md")]
    [TestCase("settings", "csv")]
    [TestCase("settings", "md")]
    [TestCase("sensitivity", "csv")]
    [TestCase("sensitivity", "md")]
    [TestCase("noise", "csv")]
    [TestCase("noise", "md")]
    [TestCase("length", "csv")]
    [TestCase("length", "md")]
    [TestCase("length", "svg")]
    [TestCase("frontier", "svg")]
    [TestCase("budget-time", "svg")]
    [TestCase("next", "csv")]
    [TestCase("next", "md")]
    [TestCase("runs", "csv")]
    [TestCase("runs", "md")]
    [TestCase("budget", "csv")]
    [TestCase("budget", "md")]
    [TestCase("budget", "svg")]
    [TestCase("figure1", "svg")]
    [TestCase("figure2", "svg")]
    [TestCase("figure3", "svg")]
    [TestCase("figure4", "svg")]
    [TestCase("figure5", "svg")]
    [TestCase("figure6", "svg")]
    [TestCase("figure7", "svg")]
    [TestCase("score-DPO-LearningRate", "svg")]
    [TestCase("score-LN-DPO-LearningRate", "svg")]
    [TestCase("score-SimPO-LearningRate", "svg")]
    [TestCase("figure8", "svg")]
    [TestCase("figure9", "svg")]
    public async Task Report(string name, string extension) =>
        await Verify(_files[$"{name}.{extension}"], extension).UseDirectory("Verified").UseFileName(name);

    [Test]
    public async Task The_text_of_the_first_screen()
    {
        string screen = _files["report.html"].Split("<main>")[1].Split("<details id=\"why\">")[0];
        string text = Regex.Replace(Regex.Replace(screen, "<svg.*?</svg>", match => $"[{Regex.Match(match.Value, "<title>(.*?)</title>").Groups[1].Value}]\n", RegexOptions.Singleline), "</?(tr|p|div|h1|h2|li|dl|pre)[^>]*>", "\n");
        text = WebUtility.HtmlDecode(Regex.Replace(Regex.Replace(text, "<[^>]+>", " "), " +", " "));
        await Verify(string.Join('\n', text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0)) + "\n", "txt").UseDirectory("Verified").UseFileName("first-screen");
    }

    [TestCase("csv")]
    [TestCase("md")]
    public async Task The_datas_own_pairs_beside_those_of_a_round_on_policy(string extension)
    {
        StoredSweep sweep = GeneratedSweep.WithRound(GeneratedSweep.Write(_folder, Seeds), method => method switch { "DPO" => 0.5, "SimPO" => -0.6, _ => 0.02 });
        var files = ReportWriter.Files(new ReportData(sweep)).ToDictionary(file => file.Name, file => file.Text);
        string advice = extension == "md" ? "\n" + files["recommendation.md"].Split("## Offline or on-policy\n\n")[1].Split("\n\n")[0] + "\n" : "";
        await Verify(files[$"on-policy.{extension}"] + advice, extension).UseDirectory("Verified").UseFileName("on-policy");
    }

    [Test]
    public void Every_table_and_figure_is_locked()
    {
        var locked = typeof(ReportSnapshotTests).GetMethod(nameof(Report))!.GetCustomAttributes(typeof(TestCaseAttribute), false)
            .Cast<TestCaseAttribute>().Select(test => $"{test.Arguments[0]}.{test.Arguments[1]}");
        Assert.That(_files.Keys.Except(["report.html"]), Is.EquivalentTo(locked));
    }

    [TestCase("tr-TR")]
    [TestCase("de-DE")]
    [TestCase("ar-SA")]
    public void Another_culture_writes_the_same_bytes(string culture)
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        string folder = $"{_folder}-{culture}";
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo(culture);
            foreach (string path in ReportWriter.Write(GeneratedSweep.Write(folder, Seeds)))
                Assert.That(File.ReadAllText(path), Is.EqualTo(_files[Path.GetFileName(path)]), path);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
            Directory.Delete(folder, recursive: true);
        }
    }
}
