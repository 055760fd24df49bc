using System.Globalization;
using Alignment.Data;

namespace Alignment.Doctor;

/// <summary>What labelled responses are worth: both labels, one text with both, texts that are there again.</summary>
internal static class LabelsCheck
{
    // Ethayarajh et al. 2024, eq. 8: w_d n_d / (w_u n_u) is best within these
    private const double Least = 1, Most = 4.0 / 3;

    private static readonly ShareLimits s_repeated = new(Warn: 0.01, Fail: 1), s_contrary = new(Warn: 0, Fail: 1);

    /// <summary>Judges them; one pass, since rows may be made anew each time they are asked for.</summary>
    public static IReadOnlyList<Verdict> Of(IReadOnlyList<PreferencePair> rows)
    {
        HashSet<UInt128> prompts = new(rows.Count);
        Dictionary<UInt128, (bool Desirable, bool Undesirable)> contents = new(rows.Count);
        (int desirable, int repeated) = (0, 0);
        foreach (PreferencePair row in rows)
        {
            string prompt = TestPrompts.Key(row);
            prompts.Add(ContentHash.OfTexts(prompt));
            UInt128 content = ContentHash.OfTexts(prompt, row.Response);
            (bool good, bool bad) = contents.GetValueOrDefault(content);
            repeated += (row.IsDesirable ? good : bad) ? 1 : 0;
            contents[content] = (good || row.IsDesirable, bad || !row.IsDesirable);
            desirable += row.IsDesirable ? 1 : 0;
        }

        return
        [
            Labels(desirable, rows.Count - desirable),
            Repeated(new(repeated, rows.Count), prompts.Count),
            Contradictory(new(contents.Values.Count(labels => labels is { Desirable: true, Undesirable: true }), contents.Count)),
        ];
    }

    private static Verdict Labels(int desirable, int undesirable)
    {
        string counted = $"labels: {desirable} desirable, {undesirable} undesirable";
        if (desirable == 0 || undesirable == 0)
            return Verdict.Warn($"{counted}: nothing says what the other label would be given for", $"give rows of both labels");
        double share = (double)desirable / undesirable;
        if (share is >= Least and <= Most)
            return Verdict.Ok($"{counted}");
        // the rarer side weighs more
        (string weight, double from, double to) = share < Least ? ("desirableWeight", Least / share, Most / share) : ("undesirableWeight", share / Most, share / Least);
        return Verdict.Note($"{counted}; KTO's authors have the desirable ones weigh 1 to 4/3 times as much in all: \"{weight}\" from {Number(from)} to {Number(to)}");
    }

    private static Verdict Repeated(Share share, int different)
    {
        string prompts = $"{different} different prompts", repeated = $"{share} of the rows repeat another one with its label; {prompts}";
        return share.Judged(s_repeated, share.Count == 0 ? $"no row repeats another one; {prompts}" : repeated, repeated,
            "they weigh more than others: leave them out unless that is meant");
    }

    private static Verdict Contradictory(Share share) => share.Judged(s_contrary, "no response has both labels",
        $"{share} of the responses are labelled desirable in one row and undesirable in another", "such labels cancel each other: decide for one");

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
