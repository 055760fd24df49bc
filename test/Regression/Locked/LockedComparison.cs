using System.Text;
using VerifyTests;

namespace Alignment.Tests.Regression;

/// <summary>
/// Whether a sweep's numbers are still those locked. What is computed may move as far as rounding on another processor takes it
/// (<see cref="LockedTolerances"/>); means of sampled responses may move as far as the noise of the same prompts, answered twice, takes them.
/// </summary>
internal static class LockedComparison
{
    // standard errors; a sweep has some dozens of means
    private const double Errors = 4;

    // of the means of a dozen steps or texts
    private const double ErrorsOfFew = 6;

    private const int MostSentences = 30;

    /// <summary>A comparer of snapshots: of the texts that <see cref="LockedTable.Text(IEnumerable{LockedTable})"/> writes.</summary>
    public static StringCompare With(LockedTolerances tolerances) => (received, verified, _) =>
        Task.FromResult(Message(LockedTable.Parse(verified), LockedTable.Parse(received), tolerances) is { } moved ? CompareResult.NotEqual(moved) : CompareResult.Equal);

    /// <summary>What moved, then every table in which something did, both sides of it; null where nothing moved too far.</summary>
    public static string? Message(IReadOnlyList<LockedTable> verified, IReadOnlyList<LockedTable> received, LockedTolerances tolerances)
    {
        List<(string Table, string Key, string Sentence)> moved = [];
        foreach (LockedTable then in verified)
            if (received.FirstOrDefault(table => table.Name == then.Name) is not { } now)
                moved.Add((then.Name, "", "the table is gone"));
            else if (!now.Columns.SequenceEqual(then.Columns))
                moved.Add((then.Name, "", $"columns were {string.Join(", ", then.Columns)} and are {string.Join(", ", now.Columns)}"));
            else
            {
                if (tolerances.Means is { } means && then.Name is not (SweepTables.Metrics or SweepTables.Responses))
                    moved.AddRange(Runs(then, now, means).Select(one => (then.Name, one.Key, one.Sentence)));
                moved.AddRange(Rows(then, now, (row, column) => Allowed(verified, received, then, tolerances, row, column)).Select(one => (then.Name, one.Key, one.Sentence)));
            }
        moved.AddRange(received.Where(table => verified.All(then => then.Name != table.Name)).Select(table => (table.Name, "", "the table is new")));
        if (moved.Count == 0)
            return null;
        var text = new StringBuilder("these moved further than rounding or sampling explains:\n");
        foreach ((string table, string key, string sentence) in moved.Take(MostSentences))
            text.Append("  ").Append(table).Append(key.Length > 0 ? $", {key}: " : ": ").Append(sentence).Append('\n');
        if (moved.Count > MostSentences)
            text.Append("  and ").Append(moved.Count - MostSentences).Append(" more\n");
        foreach (IGrouping<string, (string, string Key, string)> table in moved.GroupBy(one => one.Table))
            SideBySide(text, table.Key, verified, received, [.. table.Select(one => one.Key)]);
        return text.ToString();
    }

    private static IEnumerable<(string Key, string Sentence)> Rows(LockedTable then, LockedTable now, Func<string, int, double> allowed)
    {
        foreach (LockedRow before in then.Rows)
            if (now.Row(before.Key) is not { } after)
                yield return (before.Key, "the row is gone");
            else
                for (int column = 0; column < before.Numbers.Count; column++)
                {
                    (double old, double fresh) = (before.Numbers[column], after.Numbers[column]);
                    if (double.IsNaN(old) && double.IsNaN(fresh))
                        continue;
                    double most = allowed(before.Key, column), distance = Math.Abs(fresh - old);
                    if (!(distance <= most))
                        yield return (before.Key, FormattableString.Invariant(
                            $"{then.Columns[column + 1]} was {LockedTable.Cell(old)} and is {LockedTable.Cell(fresh)}: moved by {distance:G3}, {most:G3} is allowed"));
                }
        foreach (LockedRow after in now.Rows.Where(row => then.Row(row.Key) is null))
            yield return (after.Key, "the row is new");
    }

    private static double Allowed(IReadOnlyList<LockedTable> verified, IReadOnlyList<LockedTable> received, LockedTable table, LockedTolerances tolerances, string row, int column) => table.Name switch
    {
        SweepTables.Responses => double.PositiveInfinity, // judged by their means
        SweepTables.Metrics => PairedNoise(verified, received, row, column) + tolerances.Of(table.Columns[column + 1], table.Row(row)!.Numbers[column]),
        _ => tolerances.Of(table.Columns[column + 1], table.Row(row)!.Numbers[column]),
    };

    // of a run's mean over prompts, from the differences between its two answers to each prompt
    private static double PairedNoise(IReadOnlyList<LockedTable> verified, IReadOnlyList<LockedTable> received, string run, int column)
    {
        LockedTable then = verified.Single(table => table.Name == SweepTables.Responses), now = received.Single(table => table.Name == SweepTables.Responses);
        return Errors * Difference(then.Rows.Where(row => SweepTables.RunOf(row) == run), now, column).Error;
    }

    private static IEnumerable<(string Key, string Sentence)> Runs(LockedTable then, LockedTable now, LockedTolerances tolerances)
    {
        foreach (IGrouping<string, LockedRow> run in then.Rows.GroupBy(SweepTables.RunOf).Where(rows => rows.Count() > 1))
            for (int column = 0; column < then.Columns.Count - 1; column++)
            {
                (double mean, double error) = Difference(run.Where(row => !double.IsNaN(row.Numbers[column])), now, column);
                double most = ErrorsOfFew * error + tolerances.Of(then.Columns[column + 1], 1);
                if (Math.Abs(mean) > most)
                    yield return (run.Key, FormattableString.Invariant($"{then.Columns[column + 1]} moved by {mean:G3} over {run.Count()} rows, {most:G3} is allowed"));
            }
    }

    // mean of now − then over rows, and its standard error; what is gone or no number is told row by row
    private static (double Mean, double Error) Difference(IEnumerable<LockedRow> rows, LockedTable now, int column)
    {
        double[] differences = [.. rows.Select(row => (now.Row(row.Key)?.Numbers[column] ?? double.NaN) - row.Numbers[column])];
        if (differences.Length < 2)
            return (0, 0);
        double mean = differences.Average(), variance = differences.Sum(difference => (difference - mean) * (difference - mean)) / (differences.Length - 1);
        return (mean, Math.Sqrt(variance / differences.Length));
    }

    private static void SideBySide(StringBuilder text, string name, IReadOnlyList<LockedTable> verified, IReadOnlyList<LockedTable> received, HashSet<string> moved)
    {
        LockedTable? then = verified.FirstOrDefault(table => table.Name == name), now = received.FirstOrDefault(table => table.Name == name);
        string[] keys = [.. (then?.Rows ?? []).Concat(now?.Rows ?? []).Select(row => row.Key).Distinct()];
        string[] left = [string.Join(" | ", then?.Columns.Skip(1) ?? []), .. keys.Select(key => Line(then?.Row(key)))], right = [string.Join(" | ", now?.Columns.Skip(1) ?? []), .. keys.Select(key => Line(now?.Row(key)))];
        int first = Math.Max(name.Length, keys.Max(key => key.Length)), width = Math.Max("verified".Length, left.Max(line => line.Length));
        text.Append('\n').Append("  ").Append(name.PadRight(first)).Append(" | ").Append("verified".PadRight(width)).Append(" || received\n");
        for (int i = 0; i < left.Length; i++)
            text.Append(i > 0 && moved.Contains(keys[i - 1]) ? "* " : "  ").Append((i == 0 ? "" : keys[i - 1]).PadRight(first)).Append(" | ").Append(left[i].PadRight(width)).Append(" || ").Append(right[i]).Append('\n');
    }

    private static string Line(LockedRow? row) => row is null ? "" : string.Join(" | ", row.Numbers.Select(LockedTable.Cell));
}
