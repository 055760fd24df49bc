using Alignment.Reports.Numbers;
using Alignment.Sweeps;

namespace Alignment.Reports.Tables;

/// <summary>Did training make the good responses less likely, too?</summary>
internal static class MovedTable
{
    /// <summary>moved: best runs and alarms, the CSV has all runs; nothing where no run knows, as imported ones.</summary>
    public static IEnumerable<ReportTable> Of(ReportData data)
    {
        StoredRun[] known = [.. data.Sweep.Runs.Where(run => run.Summary.Moved != null)];
        if (known.Length == 0)
            yield break;
        HashSet<string> best = [.. data.Finished.Select(method => method.Best!.Id)];
        StoredRun[] alarms = [.. known.Where(run => run.Summary.Moved!.IsAlarming)];
        yield return new("moved", "What moved: do chosen responses become less likely?", Note(data, known, alarms.Length),
            Rows(known.Where(run => best.Contains(run.Id) || alarms.Contains(run))))
        {
            Data = Rows(known),
            IsCited = false,
        };
    }

    private static string Note(ReportData data, StoredRun[] known, int alarms)
    {
        int pairs = known.Max(run => run.Summary.Moved!.Pairs);
        string told = alarms == 0 ? $"No run of {known.Length} raises the alarm" : $"{alarms} of {known.Length} runs raise the alarm";
        return $"Change of log-probability against the {data.Sweep.StartModel} on {pairs} held-out pairs' own responses, mean over the pairs; per token: each response's change by its own "
            + $"tokens. Rejected responses are meant to fall; a fall of the chosen ones gives their probability to texts that nobody preferred. {told}: chosen responses fell on "
            + "most pairs, and by 0.1 nats a token or more. Best runs and alarms; the CSV has every run.";
    }

    private static Table Rows(IEnumerable<StoredRun> runs) => new(
        [
            new("run"), new("method"), Column.Estimates("chosen, nats", "chosen", 2, isChange: true), Column.Estimates("rejected, nats", "rejected", 2, isChange: true),
            Column.Estimates("chosen per token", "chosen_per_token", 3, isChange: true), Column.Estimates("rejected per token", "rejected_per_token", 3, isChange: true),
            Column.Estimates("chosen fell", "chosen_fell", 2), Column.Of("pairs", "pairs", 0), new("alarm"),
        ],
        [
            .. runs.Select(run => (Run: run, Moved: run.Summary.Moved!)).Select(of => (IReadOnlyList<Cell>)
            [
                of.Run.Id, of.Run.Point.Method, of.Moved.Chosen, of.Moved.Rejected, of.Moved.ChosenPerToken, of.Moved.RejectedPerToken,
                of.Moved.ChosenFell, of.Moved.Pairs, of.Moved.IsAlarming ? "chosen responses are unlearnt" : "no",
            ]),
        ]);
}
