using Alignment.Data;
using Alignment.Models;

namespace Alignment.Doctor;

/// <summary>What a recipe's length limits cut, and whether they fit the model's positions.</summary>
internal static class TruncationCheck
{
    /// <summary>Above this share of cut prompts or responses a reader should know.</summary>
    public const double WarnShare = 0.1;

    /// <summary>Above this share most of the data is not what its authors compared.</summary>
    public const double FailShare = 0.5;

    private static readonly ShareLimits s_limits = new(WarnShare, FailShare), s_notTrainedOn = new(WarnShare, Fail: 1);

    /// <summary>Judges the cuts that tokenizing the pairs within the limits made.</summary>
    /// <param name="report">Of those pairs.</param>
    /// <param name="lengths">Tokens of the same pairs without limits.</param>
    /// <param name="limits">The recipe's.</param>
    public static IReadOnlyList<Verdict> Of(TruncationReport report, TokenLengths lengths, LengthLimits limits) =>
    [
        Prompts(report, lengths, limits),
        Responses(report.AreLabelled ? "desirable" : "chosen", new(report.ChosenCut, report.AreLabelled ? lengths.Chosen.Count : report.Pairs), lengths.Chosen, limits),
        Responses(report.AreLabelled ? "undesirable" : "rejected", new(report.RejectedCut, report.AreLabelled ? lengths.Rejected.Count : report.Pairs), lengths.Rejected, limits),
    ];

    /// <summary>Judges whether the limits fit the positions of the model.</summary>
    /// <param name="limits">The recipe's.</param>
    /// <param name="newTokens">Longest sampled response.</param>
    /// <param name="shape">The model's sizes.</param>
    public static Verdict Positions(LengthLimits limits, int newTokens, ModelShape shape)
    {
        int sampled = limits.MaxPrompt + newTokens, longest = Math.Max(limits.MaxTotal, sampled);
        string what = $"maxTotal {limits.MaxTotal} and maxPrompt {limits.MaxPrompt} + maxNewTokens {newTokens}";
        return longest <= shape.MaxPositions ? Verdict.Ok($"{what} are within the model's {shape.MaxPositions} positions")
            : Verdict.Fail($"{what} reach {longest}, beyond the model's {shape.MaxPositions} positions",
                $"lower {string.Join(", and ", [.. Beyond("maxTotal", limits.MaxTotal), .. Beyond("maxPrompt or maxNewTokens", sampled)])}");

        IEnumerable<string> Beyond(string names, int tokens) => tokens > shape.MaxPositions ? [$"{names} by {tokens - shape.MaxPositions}"] : [];
    }

    /// <summary>Judges how many answers as long as the data's chosen ones would be cut while they are sampled.</summary>
    /// <param name="lengths">Tokens of the chosen responses, without limits.</param>
    /// <param name="newTokens">Longest sampled response.</param>
    public static Verdict NewTokens(LengthQuantiles lengths, int newTokens)
    {
        string text = FormattableString.Invariant($"sampled responses: {lengths.Above(newTokens)} chosen responses are longer than maxNewTokens {newTokens}");
        return lengths.Above(newTokens).Judged(s_notTrainedOn, text, text, "a policy that answers as long is cut before it ends, and scored as cut: raise maxNewTokens");
    }

    /// <summary>Judges how much of prompt and chosen response the gold model would not read.</summary>
    /// <param name="lengths">Tokens of prompt and chosen response together, by the gold model's tokenizer.</param>
    /// <param name="maxLength">Tokens it keeps, from the end.</param>
    public static Verdict GoldInputs(LengthQuantiles lengths, int maxLength)
    {
        string text = FormattableString.Invariant($"gold inputs: {lengths.Above(maxLength)} are over the gold model's maxLength {maxLength}; {lengths}");
        return lengths.Above(maxLength).Judged(s_notTrainedOn, text, text, "it scores them without their beginning: raise its maxLength");
    }

    private static Verdict Prompts(TruncationReport report, TokenLengths lengths, LengthLimits limits)
    {
        var share = new Share(report.PromptsCut, report.Pairs);
        string text = $"prompts: {share} are over maxPrompt {limits.MaxPrompt}; {lengths.Prompt}";
        if (limits.OnLongPrompt == LongRow.Drop)
            return share.Judged(s_limits, text, text, "the recipe drops them: raise maxPrompt to keep them");
        return limits.OnLongPrompt == LongRow.Refuse && share.Count > 0
            ? Verdict.Fail($"{text}", $"the recipe refuses long prompts: raise maxPrompt, leave them out, or set longPrompts to cut")
            : share.Judged(s_limits, text, text, "they lose their beginning: raise maxPrompt, or leave long prompts out");
    }

    private static Verdict Responses(string side, Share share, LengthQuantiles lengths, LengthLimits limits)
    {
        string text = $"{side} responses: {share} are {(limits.OnLongPair == LongRow.Cut ? "cut at" : "over")} maxTotal {limits.MaxTotal}; {lengths}";
        return limits.OnLongPair switch
        {
            LongRow.Drop => share.Judged(s_limits, text, text, "the recipe drops their pairs: raise maxTotal to keep them"),
            LongRow.Refuse when share.Count > 0 => Verdict.Fail($"{text}", $"the recipe refuses long pairs: raise maxTotal, leave them out, or set longPairs to cut or drop"),
            _ => share.Judged(s_limits, text, text, "they lose their end, and the end token with it: raise maxTotal, or leave them out"),
        };
    }
}
