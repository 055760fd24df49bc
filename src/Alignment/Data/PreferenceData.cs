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
        PackedPairs pairs = PackedPairs.Of(Stream(format, path, options, report));
        return pairs.Count > 0 ? new(pairs, report) : throw new InvalidDataException($"{path}: no pairs: {report}");
    }

    /// <summary>Reads row by row; the file may be larger than memory. <paramref name="report"/> counts along.</summary>
    public static IEnumerable<PreferencePair> Stream(PairFormat format, string path, ReadOptions options, ReadReport report)
    {
        Require(format, options);
        Func<JsonObjectReader, string, ReadRow> read = Reader(format, path, options, report);
        foreach (JsonLine line in JsonLines.Read(path))
        {
            report.Rows++;
            if (Row(line, read, options, report) is { } pair)
                yield return pair;
        }
    }

    // of rows of one file; its shape is told here
    private static Func<JsonObjectReader, string, ReadRow> Reader(PairFormat format, string path, ReadOptions options, ReadReport report)
    {
        if (PairFormats.HasColumns(format))
        {
            PairColumns columns = PairColumns.Tell(path, options.Columns);
            if (format == PairFormat.Conversations)
                columns = columns with { AreConversations = true };
            report.Shape = $"{columns.Shape}: {columns}";
            return (row, source) => Rated(PlainPairReader.Read(row, source, columns), row, columns, options.Filter);
        }

        if (format == PairFormat.Unpaired)
        {
            LabelledColumns columns = LabelledColumns.Tell(path, options.Labels);
            report.Shape = $"{PairFormats.Name(format)}: {columns}";
            return (row, source) => new(LabelledReader.Read(row, source, columns));
        }

        report.Shape = PairFormats.Name(format) + (format == PairFormat.SafeRlhf ? $": the {options.Axis.ToString().ToLowerInvariant()} response is chosen" : "");
        return (row, source) =>
        {
            EarlierTurns.Refuse(row);
            ReadRow read = format switch
            {
                PairFormat.SafeRlhf => SafeRlhfReader.Read(row, source, options.Filter, options.Axis),
                PairFormat.HhRlhf => new(HhRlhfReader.Read(row, source)),
                PairFormat.HelpSteer => HelpSteerReader.Read(row, source),
                _ => ArenaReader.Read(row, source),
            };
            return read.Pair is { } pair ? read with { Pair = pair with { Prompt = SystemTurn.Before(pair.Prompt, row, "system") } } : read;
        };
    }

    private static void Require(PairFormat format, ReadOptions options)
    {
        const PairFilter Ratings = PairFilter.EqualRatings | PairFilter.ContraryRatings;
        if ((options.Filter & ~Ratings) != PairFilter.None && format != PairFormat.SafeRlhf)
            throw new ArgumentException($"filter {options.Filter} needs safety labels, which only {PairFormat.SafeRlhf} has; the format is {format}", nameof(options));
        if ((options.Filter & Ratings) != PairFilter.None && !PairFormats.HasColumns(format))
            throw new ArgumentException($"filter {options.Filter} needs ratings, which only {PairFormat.Plain} and {PairFormat.Conversations} have; the format is {format}", nameof(options));
    }

    private static PreferencePair? Row(JsonLine line, Func<JsonObjectReader, string, ReadRow> reader, ReadOptions options, ReadReport report)
    {
        // the source is the same on every machine
        string source = $"{Path.GetFileName(line.Path)}({line.Number})";
        try
        {
            JsonObjectReader row = JsonRow.Parse(line.Bytes);
            RowVariables.Refuse(row);
            ReadRow read = reader(row, source);
            if (read.LeftOut is { } reason)
                report.LeftOut.Add(reason, source);
            if (read.Pair is not { } pair)
                return null;
            if (options.Texts?.Require(pair) is { } written)
                report.Write(written);
            if (read.Noted is { } noted)
                report.Noted.Add(noted, source);
            return pair;
        }
        catch (RowFault fault)
        {
            if (report.Skipped >= options.MaxSkipped)
                throw new InvalidDataException($"{line.Path}({line.Number}): {fault.Message}; mend the row, or raise \"maxSkippedRows\" (it is {options.MaxSkipped}) to leave it out", fault);
            report.Skip(fault.Reason, $"{source}: {fault.Message}", source);
            return null;
        }
    }

    private static ReadRow Rated(PreferencePair pair, JsonObjectReader row, PairColumns columns, PairFilter filter)
    {
        string? noted = columns.Ratings?.Against(row);
        return noted == RatingColumns.Equal && filter.HasFlag(PairFilter.EqualRatings) || noted == RatingColumns.Contrary && filter.HasFlag(PairFilter.ContraryRatings)
            ? ReadRow.Without(noted) : new(pair) { Noted = noted };
    }
}

/// <summary>What may be left out while reading.</summary>
internal sealed record ReadOptions
{
    /// <summary>Faulty rows that may be skipped; the next one stops the run. int.MaxValue skips all.</summary>
    public int MaxSkipped { get; init; }

    /// <summary>Good pairs to leave out.</summary>
    public PairFilter Filter { get; init; }

    /// <summary>SafeRLHF: the label that says what is chosen.</summary>
    public PreferredAxis Axis { get; init; }

    /// <summary>Where a pair stands in a row (<see cref="PairFormat.Plain"/> only); null: told from the first row that has columns of known names.</summary>
    public PairColumns? Columns { get; init; }

    /// <summary>As <see cref="Columns"/>, of a labelled response (<see cref="PairFormat.Unpaired"/> only).</summary>
    public LabelledColumns? Labels { get; init; }

    /// <summary>What template and tokenizer demand of the texts; null: nothing is.</summary>
    public TextRule? Texts { get; init; }
}
