using Alignment.Reports;
using Alignment.Reports.Tables;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Reports;

public class SearchTableTests
{
    [Test]
    public void A_search_is_told_round_by_round_and_a_grid_is_not()
    {
        string folder = Directory.CreateTempSubdirectory("search-table").FullName;
        try
        {
            StoredSweep grid = GeneratedSweep.Write(folder);
            Assert.That(SearchTable.Of(grid), Is.Empty);
            StoredRun first = grid.Runs[0];
            StoredSweep searched = grid with { Search = new(6, 22, [[first.Point.Slug, grid.Missing[0].Point.Slug], [grid.Missing[1].Point.Slug]]) };
            ReportTable table = SearchTable.Of(searched).Single();
            Assert.That(table.Note, Does.StartWith("3 of 6 runs are chosen, of 22 settings. "));
            Assert.That(table.ToMarkdown().TrimEnd().Split('\n')[^3..].Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))), Is.EqualTo(new[]
            {
                FormattableString.Invariant($"| {first.Point.Slug} | 1 | {first.Summary.MeanScore.Value:F3} [{first.Summary.MeanScore.Low:F3}, {first.Summary.MeanScore.High:F3}] |"),
                $"| {grid.Missing[0].Point.Slug} | 1 | failed |",
                $"| {grid.Missing[1].Point.Slug} | 2 | not run yet |",
            }));
            string[] files = [.. ReportWriter.Write(searched)];
            Assert.That(files, Has.Some.EndsWith("search.md").And.Some.EndsWith("search.csv"));
            Assert.That(File.ReadAllText(Path.Combine(folder, "report.html")), Does.Contain("What the search has run"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
