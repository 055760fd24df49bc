using Alignment.Reports;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Reports;

/// <summary>What the report says of template and prompts.</summary>
public sealed class DataTableTests
{
    internal static DataFacts Facts { get; } = new()
    {
        Template = "chatml",
        TemplateToldBy = "tokenizer_config.json",
        MarkersInText = "refuse",
        TrainingPairs = 900,
        LongPairsDropped = 17,
        TestPrompts = 60,
        DistinctTestPrompts = 60,
        SeenTestPrompts = 0,
        SeenTestPromptsDropped = 5,
        RepeatedTestPromptsDropped = 3,
        LongTestPromptsDropped = 2,
    };

    [Test]
    public void The_page_says_what_was_chosen_and_left_out()
    {
        string page = Page(Facts);
        foreach (string cells in new[]
        {
            "template</td><td id=\"data.template.value\">chatml, told by tokenizer_config.json", "markers inside messages</td><td id=\"data.markers-inside-messages.value\">refuse",
            "long pairs left out</td><td id=\"data.long-pairs-left-out.value\">17", "left out: trained on</td><td id=\"data.left-out-trained-on.value\">5",
            "left out: repeated</td><td id=\"data.left-out-repeated.value\">3", "left out: long</td><td id=\"data.left-out-long.value\">2",
        })
            Assert.That(page, Does.Contain(cells));
        Assert.That(page, Does.Not.Contain("test prompts were trained on").And.Not.Contain("different ones"));
    }

    [Test]
    public void Test_prompts_that_were_trained_on_or_repeated_are_a_limit_on_the_first_screen()
    {
        string page = Page(Facts with { SeenTestPrompts = 12, DistinctTestPrompts = 41 }), first = page[..page.IndexOf("<nav", StringComparison.Ordinal)];
        Assert.That(first, Does.Contain("12 of the 60 test prompts were trained on: scores on them say little of other prompts.")
            .And.Contain("The 60 test prompts are 41 different ones: intervals take those of one text together."));
        foreach (string anchor in new[] { "data.test-prompts-that-were-trained-on.value", "data.different-test-prompts.value" })
            Assert.That(page, Does.Contain($"href=\"#{anchor}\"").And.Contain($"id=\"{anchor}\""));
    }

    private static string Page(DataFacts facts)
    {
        string folder = Directory.CreateTempSubdirectory("data-table").FullName;
        try
        {
            StoredSweep sweep = GeneratedSweep.Write(folder);
            ReportWriter.Write(sweep with { Runs = [.. sweep.Runs.Select(run => run with { Facts = run.Facts with { Data = facts } })] });
            return File.ReadAllText(Path.Combine(folder, "report.html"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
