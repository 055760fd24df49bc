using Alignment.Reports.Text;
using Alignment.Sweeps;

namespace Alignment.Reports.Tables;

/// <summary>search: what a search has run, round by round.</summary>
internal static class SearchTable
{
    /// <summary>The table; nothing where all of a grid are asked for.</summary>
    public static IEnumerable<ReportTable> Of(StoredSweep sweep)
    {
        if (sweep.Search is not { } search)
            yield break;
        var runs = sweep.Runs.ToDictionary(run => run.Point.Slug);
        HashSet<string> stopped = [.. sweep.Stopped.Select(run => run.Run.Point.Slug)];
        yield return new ReportTable("search", "What the search has run",
            $"{Digits.Fixed(search.Rounds.Sum(round => round.Count), 0)} of {Digits.Fixed(search.Runs, 0)} runs are chosen, of {Digits.Fixed(search.Settings, 0)} settings. "
            + "Each round follows from the results of those before it: the centre of every method's grid, then the largest expected improvement, "
            + "at last second seeds of the settings expected to be best.",
            new Table([new("run"), new("round"), new("score")],
            [
                .. from round in search.Rounds.Index()
                   from slug in round.Item
                   select (IReadOnlyList<Cell>)[slug, Digits.Fixed(round.Index + 1, 0), runs.TryGetValue(slug, out StoredRun? run) ? Estimates.Text(run.Summary.MeanScore, 3)
                       : stopped.Contains(slug) ? "stopped early" : sweep.Missing.Any(missing => missing.Point.Slug == slug && missing.Error != null) ? "failed" : "not run yet"],
            ]));
    }
}
