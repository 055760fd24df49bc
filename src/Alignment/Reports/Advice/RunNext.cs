using Alignment.Evaluation;
using Alignment.Reports.Numbers;
using Alignment.Reports.Tables;
using Alignment.Reports.Text;

namespace Alignment.Reports.Advice;

/// <summary>What to run next: the runs that would decide what is open, then edges of grids and seeds that are missing.</summary>
internal static class RunNext
{
    public static IEnumerable<Finding> Of(ReportData data, IReadOnlyList<MethodRuns> named)
    {
        bool isImported = data.Sweep.IsImported;
        if (data.Further.Count > 0)
            yield return new Finding($"{(isImported ? "Train" : "Run")} {Words.And(data.Further.Select(run => $"{run.Point.Slug} ({run.Kind}, {Digits.Fixed(run.Effect.SettingChance, 2)})"))}: "
                + $"in brackets the chance that it changes which setting is expected to be best{(NextTable.IsUnlikely(data.Further) ? "; none of them is likely to" : "")}."
                + (isImported ? " Train them where the other runs were trained and add them to the file of results: the command below then reports them, too." : ""),
                [.. data.Further.Select(run => new Source(NextTable.Id, run.Point.Slug, NextTable.ChangesSetting))]);
        foreach (Finding edges in SettingChoice.Edges(data, named))
            yield return edges;
        MethodRuns[] unknown = [.. named.Where(method => data.Picks(method).Noise.Known != SeedKnowledge.Measured)];
        if (unknown.Length > 0)
            yield return Finding.Of($"Train the setting above of {Words.And(unknown.Select(method => method.Method))} with three more seeds: "
                + "what another seed changes is known too little to tell leads apart.", "noise", unknown, "repeats");
    }
}
