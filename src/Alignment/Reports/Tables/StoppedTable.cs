using Alignment.Reports.Text;
using Alignment.Sweeps;

namespace Alignment.Reports.Tables;

/// <summary>stopped: the runs that a search did not have answer all prompts, each beside the leader it is behind.</summary>
internal static class StoppedTable
{
    /// <summary>Its id, and the heading that sentences cite.</summary>
    public const string Id = "stopped", Prompts = "prompts";

    /// <summary>The table; nothing where every run has answered all prompts.</summary>
    public static IEnumerable<ReportTable> Of(StoredSweep sweep)
    {
        if (sweep.Stopped.Count == 0)
            yield break;
        yield return new ReportTable(Id, "Stopped early",
            "Runs that a search stopped when they were behind the leader of the rounds before for certain. Each is compared with that run alone, on the prompts that both have answered; "
            + "no other table has it, since those compare runs on all prompts. Behind by at least: with chance 0.95 at all looks of the judge that decides.",
            new Table([new("run"), new(Prompts), new("behind"), Column.Of("lead", "lead", isChange: true), Column.Of("behind by at least", "behind_by_at_least")],
                [.. sweep.Stopped.Select(Row)]));
    }

    private static IReadOnlyList<Cell> Row(StoppedRun stopped)
    {
        Standing standing = stopped.Standing();
        return [stopped.Run.Id, $"{Digits.Fixed(standing.Differences.Length, 0)} of {Digits.Fixed(standing.All, 0)}", stopped.Leader.Id, standing.Lead, standing.AtLeast];
    }
}
