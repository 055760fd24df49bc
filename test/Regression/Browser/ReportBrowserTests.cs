using System.Text.Json.Nodes;
using Alignment.Reports;
using Alignment.Reports.Compare;
using Alignment.Sweeps;
using Alignment.Tests.Unit.Reports;
using NUnit.Framework;

namespace Alignment.Tests.Regression.Browser;

/// <summary>report.html in a real browser: -p:Chromium=PATH, or the one on the PATH.</summary>
[Category("Browser"), NonParallelizable]
public sealed class ReportBrowserTests
{
    private readonly string _folder = Path.Combine(TestContext.CurrentContext.WorkDirectory, "report-browser");
    private Chromium? _browser;

    private Chromium Browser => _browser!;

    private string Report => Page("report");

    [OneTimeSetUp]
    public async Task Open()
    {
        string? path = Chromium.Find(TestContext.Parameters.Get("Chromium"));
        if (path is null)
            Assert.Ignore("no Chromium on the PATH; install one, or give it by -p:Chromium=PATH");
        StoredSweep sweep = GeneratedSweep.Write(_folder, seeds: 3);
        ReportWriter.Write(sweep);
        CompareWriter.Write(new SweepPair(sweep, GeneratedSweep.Write(Path.Combine(_folder, "other"))), _folder);
        _browser = await Chromium.Start(path, Path.Combine(TestContext.CurrentContext.WorkDirectory, "report-browser-profile"));
    }

    [OneTimeTearDown]
    public void Close()
    {
        _browser?.Dispose();
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    [TestCase("report", 1280, false)]
    [TestCase("report", 1280, true)]
    [TestCase("report", 390, false)]
    [TestCase("compare", 1280, false)]
    [TestCase("compare", 390, true)]
    public async Task The_page_opens_without_an_error_a_request_or_anything_wider_than_the_window(string page, int width, bool dark)
    {
        await Browser.Open(Page(page), width, dark);
        foreach (bool whole in new[] { false, true })
        {
            string picture = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"{page}-{width}{(dark ? "-dark" : "")}{(whole ? "-whole" : "")}.png");
            await File.WriteAllBytesAsync(picture, await Browser.Screenshot(whole));
            TestContext.AddTestAttachment(picture);
        }

        Assert.That(Browser.Errors, Is.Empty);
        Assert.That(Browser.Requests.Where(url => !url.StartsWith("data:", StringComparison.Ordinal)), Is.EqualTo(new[] { Page(page) }));
        Assert.That((int)(await Browser.Evaluate("document.documentElement.scrollWidth"))!, Is.LessThanOrEqualTo(width));
    }

    [Test]
    public async Task The_answer_stands_on_the_first_screen()
    {
        await Browser.Open(Report, 1280);
        Assert.That((string)(await Browser.Evaluate("document.querySelector('.lead').textContent"))!, Does.StartWith("Use SimPO"));
        Assert.That((double)(await Browser.Evaluate("document.querySelector('.facts').getBoundingClientRect().bottom"))!, Is.LessThan(900));
        Assert.That((double)(await Browser.Evaluate("document.querySelector('#start ~ .scroll').getBoundingClientRect().bottom"))!, Is.LessThan(900));
        Assert.That((bool)(await Browser.Evaluate("document.getElementById('why').open"))!, Is.False, "p-values and definitions are one click lower");
    }

    [Test]
    public async Task Headings_sort_by_click_and_by_key()
    {
        await Browser.Open(Report, 1280);
        const string Table = "document.querySelector('#runs ~ .scroll table')";
        const string Heading = Table + ".querySelectorAll('th')[[..." + Table + ".querySelectorAll('th')].findIndex(h => h.textContent === 'score')]";
        const string Column = "[..." + Table + ".tBodies[0].rows].map(row => parseFloat(row.cells[" + Heading + ".cellIndex].textContent))";
        double[] before = await Numbers(Column);

        await Browser.Evaluate(Heading + ".querySelector('button').click()");
        Assert.That(await Numbers(Column), Is.EqualTo(before.OrderDescending()));
        Assert.That((string)(await Browser.Evaluate(Heading + ".getAttribute('aria-sort')"))!, Is.EqualTo("descending"));

        await Browser.Evaluate(Heading + ".querySelector('button').focus()");
        await Browser.Press("Enter", 13, "\r");
        Assert.That(await Numbers(Column), Is.EqualTo(before.Order()));
        Assert.That((string)(await Browser.Evaluate(Heading + ".getAttribute('aria-sort')"))!, Is.EqualTo("ascending"));
        Assert.That(Browser.Errors, Is.Empty);
    }

    [TestCase("SimPO", "beats", "SFT")]
    [TestCase("SimPO", "loses to", "DPO")]
    [TestCase("DPO", "beats", "chosen")]
    public async Task Prompts_are_filtered_by_who_beats_whom(string who, string outcome, string against)
    {
        await Browser.Open(Report, 1280);
        const string Scores = "[...document.querySelectorAll('#samples > details')].filter(d => !d.hidden).map(d => { const s = JSON.parse(d.dataset.scores); return s['{0}'] - s['{1}']; })";
        double[] all = await Numbers(Differences());
        foreach ((string id, string value) in new[] { ("who", who), ("outcome", outcome), ("against", against) })
            await Browser.Evaluate($"(e => {{ e.value = '{value}'; e.dispatchEvent(new Event('input', {{ bubbles: true }})); }})(document.getElementById('{id}'))");

        double[] expected = [.. all.Where(difference => outcome == "beats" ? difference > 0 : difference < 0)];
        Assert.That(expected, Is.Not.Empty.And.Length.LessThan(all.Length));
        Assert.That(await Numbers(Differences()), Is.EqualTo(expected));
        Assert.That((string)(await Browser.Evaluate("document.getElementById('shown').textContent"))!, Is.EqualTo($"{expected.Length} shown"));

        string Differences() => Scores.Replace("{0}", who, StringComparison.Ordinal).Replace("{1}", against, StringComparison.Ordinal);
    }

    [Test]
    public async Task Every_link_leads_to_a_place_and_opens_what_is_folded()
    {
        await Browser.Open(Report, 390);
        Assert.That((int)(await Browser.Evaluate("[...document.querySelectorAll('a')].filter(a => !document.getElementById(a.hash.slice(1))).length"))!, Is.Zero);
        await Browser.Evaluate("document.querySelector('a[href^=\"#settings.\"]').click()");
        Assert.That((bool)(await Browser.Evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(() => done(document.querySelector(':target').closest('details').open))))"))!, Is.True);
    }

    [Test]
    public async Task Keys_reach_every_part_and_show_where_they_are()
    {
        await Browser.Open(Report, 1280);
        await Browser.Press("Tab", 9);
        Assert.That((string)(await Browser.Evaluate("document.activeElement.className"))!, Is.EqualTo("scroll"), "the table to start with, which scrolls");
        Assert.That((string)(await Browser.Evaluate("getComputedStyle(document.activeElement).outlineStyle"))!, Is.EqualTo("solid"));
        Assert.That((int)(await Browser.Evaluate("[...document.querySelectorAll('.scroll,summary,select,input,th button')].filter(e => e.tabIndex < 0).length"))!, Is.Zero);
    }

    private string Page(string name) => new Uri(Path.Combine(_folder, $"{name}.html")).AbsoluteUri;

    private async Task<double[]> Numbers(string expression) => [.. ((JsonArray)(await Browser.Evaluate(expression))!).Select(number => (double)number!)];
}
