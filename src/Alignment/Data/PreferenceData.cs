using Alignment.Files;

namespace Alignment.Data;

/// <summary>Preference pairs of a file, or of several, and the account of its rows.</summary>
/// <param name="Pairs">In file order.</param>
/// <param name="Report">Rows read, kept and left out, with reasons.</param>
internal sealed record PreferenceData(IReadOnlyList<PreferencePair> Pairs, ReadReport Report)
{
    /// <summary>Reads a whole file.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">
    /// A row is faulty and no more may be skipped, or nothing is left; the message is file(line): reason: detail.
    /// </exception>
    public static PreferenceData Read(PairFormat format, string path, ReadOptions options)
    {
        ReadReport report = new();
        PreferencePair[] pairs = [.. Stream(format, path, options, report)];
        return pairs.Length > 0 ? new(pairs, report) : throw new InvalidDataException($"{path}: no pairs: {report}");
    }

    /// <summary>Reads row by row; the file may be larger than memory. <paramref name="report"/> counts along.</summary>
    public static IEnumerable<PreferencePair> Stream(PairFormat format, string path, ReadOptions options, ReadReport report)
    {
        if (options.Filter != PairFilter.None && format != PairFormat.SafeRlhf)
            throw new ArgumentException(
                $"filter {options.Filter} needs safety labels, which only {PairFormat.SafeRlhf} has; the format is {format}", nameof(options));
        PairColumns? columns = format == PairFormat.Plain ? options.Columns ?? PairColumns.Tell(path) : null;
        foreach (JsonLine line in JsonLines.Read(path))
        {
            report.Rows++;
            if (Row(line, format, columns, options, report) is { } pair)
                yield return pair;
        }
    }

    private static PreferencePair? Row(JsonLine line, PairFormat format, PairColumns? columns, ReadOptions options, ReadReport report)
    {
        // the source is the same on every machine
        string source = $"{Path.GetFileName(line.Path)}({line.Number})";
        try
        {
            JsonObjectReader row = JsonRow.Parse(line.Bytes);
            (PreferencePair? pair, string? leftOut) = format switch
            {
                PairFormat.SafeRlhf => SafeRlhfReader.Read(row, source, options.Filter),
                PairFormat.HhRlhf => (HhRlhfReader.Read(row, source), null),
                _ => (PlainPairReader.Read(row, source, columns!), null),
            };
            if (leftOut is not null)
                report.LeaveOut(leftOut);
            if (pair is null)
                return null;
            if (format != PairFormat.Plain)
                pair = pair with { Prompt = SystemTurn.Before(pair.Prompt, row, "system") };
            options.Texts?.Require(pair);
            return pair;
        }
        catch (RowFault fault)
        {
            if (report.Skipped >= options.MaxSkipped)
                throw new InvalidDataException($"{line.Path}({line.Number}): {fault.Message}; {options.MaxSkipped} faulty rows may be skipped, "
                    + "raise that number to leave this one out", fault);
            report.Skip(fault.Reason, $"{source}: {fault.Message}");
            return null;
        }
    }
}

/// <summary>What may be left out while reading.</summary>
internal sealed record ReadOptions
{
    /// <summary>Faulty rows that may be skipped; the next one stops the run. int.MaxValue skips all.</summary>
    public int MaxSkipped { get; init; }

    /// <summary>Good pairs to leave out (SafeRLHF only).</summary>
    public PairFilter Filter { get; init; }

    /// <summary>Where a pair stands in a row (<see cref="PairFormat.Plain"/> only); null: told from the first row that has columns of known names.</summary>
    public PairColumns? Columns { get; init; }

    /// <summary>What template and tokenizer demand of the texts; null: nothing is.</summary>
    public TextRule? Texts { get; init; }
}
