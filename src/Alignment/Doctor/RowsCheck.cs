using Alignment.Data;
using Alignment.Tokenization;

namespace Alignment.Doctor;

/// <summary>What the rows of a data file are worth: faulty and empty ones by line, repeated and contradictory ones, pairs without a preference.</summary>
public static class RowsCheck
{
    private const int NamedFaults = 5;
    private const double TolerableFaults = 0.1, TolerableRepeats = 0.01;

    /// <summary>Judges a file read with every faulty row left out.</summary>
    /// <param name="report">Names the faulty rows.</param>
    /// <param name="pairs">The good ones.</param>
    public static IReadOnlyList<Verdict> Of(ReadReport report, IReadOnlyList<PreferencePair> pairs) => pairs.Count == 0
        ? [.. Faulty(report), Verdict.Fail($"no pair is left of {report.Rows} rows", $"see that the format is that of the file")]
        : [.. Faulty(report), Alike(pairs), Repeated(pairs), Contradictory(pairs), Lengths(pairs)];

    private static IEnumerable<Verdict> Faulty(ReadReport report)
    {
        var share = new Share(report.Skipped, report.Rows);
        if (share.Count == 0)
            yield return Verdict.Ok($"rows: {report.Rows}, none is faulty or empty");
        else
            yield return new(share.Grade(warn: 0, fail: TolerableFaults), $"rows: {share} are faulty: "
                + string.Join(", ", report.SkippedByReason.Select(reason => $"{reason.Value} {reason.Key}")),
                $"repair them, or leave them out with \"maxSkippedRows\": {report.Skipped} in the recipe");
        foreach (string fault in report.Faults.Take(NamedFaults))
            yield return Verdict.Note($"{fault}");
        if (share.Count > NamedFaults)
            yield return Verdict.Note($"and {share.Count - NamedFaults} more");
    }

    private static Verdict Alike(IReadOnlyList<PreferencePair> pairs)
    {
        PreferencePair[] alike = [.. pairs.Where(pair => pair.Chosen == pair.Rejected)];
        var share = new Share(alike.Length, pairs.Count);
        return alike.Length == 0 ? Verdict.Ok($"no pair has the same response twice")
            : new(share.Grade(warn: 0, fail: TolerableRepeats), $"{share} of the pairs have the same response twice, first {alike[0].Source}",
                "they say nothing of a preference: leave them out");
    }

    private static Verdict Repeated(IReadOnlyList<PreferencePair> pairs)
    {
        var share = new Share(pairs.Count - pairs.Select(Content).Distinct().Count(), pairs.Count);
        int prompts = pairs.Select(Prompt).Distinct().Count();
        return share.Count == 0 ? Verdict.Ok($"no pair repeats another one; {prompts} different prompts")
            : new(share.Grade(TolerableRepeats, fail: 1), $"{share} of the pairs repeat another one; {prompts} different prompts",
                "they weigh more than others: leave them out unless that is meant");
    }

    private static Verdict Contradictory(IReadOnlyList<PreferencePair> pairs)
    {
        HashSet<(string, string, string)> all = [.. pairs.Select(Content)];
        int contrary = pairs.Select(Content).Count(pair => pair.Item2 != pair.Item3 && all.Contains((pair.Item1, pair.Item3, pair.Item2)));
        var share = new Share(contrary, pairs.Count);
        return contrary == 0 ? Verdict.Ok($"no pair contradicts another one")
            : new(Grade.Warn, $"{share} of the pairs stand in the file the other way round, too", "such labels cancel each other: decide for one");
    }

    private static Verdict Lengths(IReadOnlyList<PreferencePair> pairs)
    {
        var longer = new Share(pairs.Count(pair => pair.Chosen.Length > pair.Rejected.Length), pairs.Count);
        return Verdict.Note($"the chosen response is the longer one in {longer} of the pairs; a policy may learn length from that alone");
    }

    private static (string Prompt, string Chosen, string Rejected) Content(PreferencePair pair) => (Prompt(pair), pair.Chosen, pair.Rejected);

    private static string Prompt(PreferencePair pair) => ChatTemplate.PlainHh.Render(pair.Prompt, addGenerationPrompt: false);
}
