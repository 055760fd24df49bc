using Alignment.Data;

namespace Alignment.Doctor;

/// <summary>
/// What the rows of a data file are worth: faulty and empty ones by line, pairs without a preference, repeated and contradictory ones.
/// </summary>
internal static class RowsCheck
{
    private const int NamedFaults = 5;
    private static readonly ShareLimits s_faulty = new(Warn: 0, Fail: 0.1);
    private static readonly ShareLimits s_repeated = new(Warn: 0.01, Fail: 1), s_contrary = new(Warn: 0, Fail: 1);

    /// <summary>Judges a file read with every faulty row left out.</summary>
    /// <param name="report">Names the faulty rows.</param>
    /// <param name="pairs">The good ones.</param>
    public static IReadOnlyList<Verdict> Of(ReadReport report, IReadOnlyList<PreferencePair> pairs) => pairs.Count == 0
        ? [.. Faulty(report), .. LeftOutAndNoted(report), Nothing(report)]
        : [.. Faulty(report), .. LeftOutAndNoted(report), .. Written(report), .. Compared(pairs)];

    private static Verdict Nothing(ReadReport report) => Verdict.Fail($"no pair is left of {report.Rows} rows",
        report.Skipped == report.Rows ? (FormattableString)$"see what is said of them, and that the format is that of the file" : $"see why rows are left out");

    private static IEnumerable<Verdict> Faulty(ReadReport report)
    {
        var share = new Share(report.Skipped, report.Rows);
        string reasons = string.Join(", ", report.SkippedByReason.Select(reason => $"{reason.Value} {reason.Key}"));
        yield return share.Judged(s_faulty, $"rows: {report.Rows}, none is faulty or empty", $"rows: {share} are faulty: {reasons}",
            share.Count == share.Of ? "repair them" : $"repair them, or leave them out with \"maxSkippedRows\": {report.Skipped} in the recipe");
        foreach (string fault in report.Faults.Take(NamedFaults))
            yield return Verdict.Note($"{fault}");
        if (share.Count > NamedFaults)
            yield return Verdict.Note($"and {share.Count - NamedFaults} more");
    }

    private static IEnumerable<Verdict> LeftOutAndNoted(ReadReport report)
    {
        foreach (string left in report.LeftOut.Named())
            yield return Verdict.Note($"left out: {left}");
        foreach ((string reason, int count) in report.Noted.Counts)
        {
            string what = $"{new Share(count, report.Rows)} of the rows: {reason}: {report.Noted.Where(reason)}";
            yield return reason == RatingColumns.Contrary ? Verdict.Warn($"{what}", $"see which of the two is right, or leave them out with \"contraryRatings\": \"drop\" in the recipe")
                : Verdict.Note($"{what}");
        }
    }

    private static IEnumerable<Verdict> Written(ReadReport report)
    {
        if (report.Cut > 0)
        {
            string what = $"the chat template writes {new Share(report.Cut, report.Rows)} of the conversations without its generation prompt: "
                + "answers are trained after another text than they are sampled after";
            yield return Verdict.Warn($"{what}", $"set the template's variable for it, such as \"templateVariables\": {{ \"enable_thinking\": true }}, or name another template");
        }
        if (report.Rewritten > 0)
            yield return Verdict.Note($"the chat template writes the responses of {new Share(report.Rewritten, report.Rows)} of the rows in other words");
    }

    // one pass: pairs may be made anew each time they are asked for
    private static IReadOnlyList<Verdict> Compared(IReadOnlyList<PreferencePair> pairs)
    {
        if (pairs[0].IsLabelled)
            return LabelsCheck.Of(pairs);
        HashSet<UInt128> prompts = new(pairs.Count), contents = new(pairs.Count);
        List<UInt128> reversed = new(pairs.Count);
        (int alike, int longer, string first) = (0, 0, "");
        foreach (PreferencePair pair in pairs)
        {
            string prompt = TestPrompts.Key(pair);
            prompts.Add(ContentHash.OfTexts(prompt));
            contents.Add(ContentHash.OfTexts(prompt, pair.Chosen, pair.Rejected));
            longer += pair.Chosen.Length > pair.Rejected.Length ? 1 : 0;
            if (pair.Chosen != pair.Rejected)
                reversed.Add(ContentHash.OfTexts(prompt, pair.Rejected, pair.Chosen));
            else if (alike++ == 0)
                first = pair.Source;
        }

        return
        [
            Alike(new(alike, pairs.Count), first),
            Repeated(new(pairs.Count - contents.Count, pairs.Count), prompts.Count),
            Contradictory(new(reversed.Count(contents.Contains), pairs.Count)),
            Verdict.Note($"the chosen response is the longer one in {new Share(longer, pairs.Count)} of the pairs; a policy may learn length from that alone"),
        ];
    }

    private static Verdict Alike(Share share, string first) => share.Judged(ShareLimits.Rare, "no pair has the same response twice",
        $"{share} of the pairs have the same response twice, first {first}", "they say nothing of a preference: leave them out");

    private static Verdict Repeated(Share share, int different)
    {
        string prompts = $"{different} different prompts", repeated = $"{share} of the pairs repeat another one; {prompts}";
        return share.Judged(s_repeated, share.Count == 0 ? $"no pair repeats another one; {prompts}" : repeated, repeated,
            "they weigh more than others: leave them out unless that is meant");
    }

    private static Verdict Contradictory(Share share) => share.Judged(s_contrary, "no pair contradicts another one",
        $"{share} of the pairs stand in the file the other way round, too", "such labels cancel each other: decide for one");
}
