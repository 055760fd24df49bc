using System.Text.RegularExpressions;
using Alignment.Data;
using Alignment.Tokenization;

namespace Alignment.Doctor;

/// <summary>
/// Whether conversations survive template and tokenizer: every marker is one token, prompts and responses come back from their ids, and prompt and
/// response encoded apart (as they are trained and sampled) are the ids of the whole conversation.
/// </summary>
internal static partial class TemplateCheck
{
    /// <summary>Checks every pair.</summary>
    public static IReadOnlyList<Verdict> Of(ModelTokenizer tokenizer, IReadOnlyList<PreferencePair> pairs) =>
    [
        Markers(tokenizer, pairs),
        Prompts(tokenizer, pairs),
        Judged("responses", pairs, pair => PairTokenizer.Ids(tokenizer, pair) is var ids && Lost(pair.Chosen, tokenizer.Decode(ids.Chosen)) is { } lost ? lost
            : Lost(pair.Rejected, tokenizer.Decode(ids.Rejected)), "come back from their ids"),
        Judged("boundaries", pairs, pair => Crossed(tokenizer, pair), "have the ids of the whole conversation on both sides"),
    ];

    private static Verdict Markers(ModelTokenizer tokenizer, IReadOnlyList<PreferencePair> pairs)
    {
        if (tokenizer.Template is not ChatTemplate template)
            return Verdict.Ok($"template {tokenizer.Template.Name} ends a response with {tokenizer.NameOf(tokenizer.Eos)}");
        ChatTemplate told = Told(tokenizer) ?? template;
        bool system = pairs.Any(pair => pair.Prompt.Any(turn => turn.Role == Role.System));
        string written = template.User + template.Assistant + template.TurnEnd + (system ? template.System : "");
        string[] markers = template.MarksAreText ? [] : [.. Marker().Matches(written).Select(match => match.Value).Distinct()];
        string[] split = [.. markers.Where(marker => tokenizer.Text.EncodeToIds(marker).Count != 1).Select(marker => Pieces(tokenizer, marker))];
        if (split.Length > 0)
            return Verdict.Fail($"template {template.Name}: the tokenizer splits {string.Join(", ", split)}",
                $"give the tokenizer.json that has the markers as added tokens, or the template this model was trained with");
        if (told != template && told != ChatTemplate.PlainHh)
            return Verdict.Warn($"template {template.Name} is used, and the tokenizer has the markers of {told.Name}",
                $"use the one the model was trained with");
        return markers.Length > 0 ? Verdict.Ok($"template {template.Name}: {string.Join(", ", markers)} are one token each")
            : Verdict.Ok($"template {template.Name} has no markers");
    }

    // white space beside a marker is the tokenizer's own: it takes it away (rstrip) or writes it (the dummy prefix)
    private static Verdict Prompts(ModelTokenizer tokenizer, IReadOnlyList<PreferencePair> pairs)
    {
        bool spaced = tokenizer.Text is SpacedTokenizer
            || tokenizer.Text is VocabularyTokenizer known && known.AddedTokens.Any(token => token.StripsLeft || token.StripsRight);
        return Judged("prompts", pairs, pair =>
        {
            string text = tokenizer.Template.Write(pair.Prompt, addGenerationPrompt: true).Text;
            string back = tokenizer.Text.Decode(tokenizer.Template is FolderTemplate ? tokenizer.EncodePrompt(pair.Prompt) : tokenizer.Encode(pair.Prompt, addGenerationPrompt: true)) ?? "";
            return spaced ? Lost(WithoutSpace(text), WithoutSpace(back)) : Lost(text, back);
        }, spaced ? "come back from their ids but for white space beside markers" : "come back from their ids");
    }

    private static Verdict Judged(string what, IReadOnlyList<PreferencePair> pairs, Func<PreferencePair, string?> fault, string good)
    {
        string[] faults = [.. pairs.Select(pair => (pair.Source, Text: fault(pair))).Where(item => item.Text != null)
            .Select(item => $"{item.Source}: {item.Text}")];
        var share = new Share(faults.Length, pairs.Count);
        return share.Judged(ShareLimits.Rare, $"{what}: all {pairs.Count} {good}", $"{what}: {share} do not; {faults.FirstOrDefault()}",
            "the model is trained on other text than the file holds; see that tokenizer and template are those of this model");
    }

    // null where the text came back
    private static string? Lost(string text, string back)
    {
        if (text == back || NormalForm.Of("NFC")!.Apply(text) == back)
            return null;
        int same = text.Zip(back).TakeWhile(pair => pair.First == pair.Second).Count();
        return $"\"{Excerpt.At(text, same)}\" comes back as \"{Excerpt.At(back, same)}\"";
    }

    private static string? Crossed(ModelTokenizer tokenizer, PreferencePair pair)
    {
        // a folder's template has written both as one
        if (tokenizer.Template is not ChatTemplate template)
            return null;
        IReadOnlyList<int> whole = tokenizer.Encode([.. pair.Prompt, new Message(Role.Assistant, pair.Response)], addGenerationPrompt: false);
        int[] prompt = tokenizer.EncodePrompt(pair.Prompt), response = tokenizer.EncodeResponse(pair.Response);
        // the end of a response is no text where the template writes none, or the tokenizer has it as a control piece only
        bool written = tokenizer.Text.EncodeToIds(template.TurnEnd) is [var end, ..] && end == tokenizer.Eos;
        int[] apart = [.. prompt, .. written ? response : response[..^1]];
        int[] together = [.. tokenizer.Bos is { } bos ? [bos] : Array.Empty<int>(), .. whole];
        int same = apart.Zip(together).TakeWhile(ids => ids.First == ids.Second).Count();
        return same == apart.Length ? null
            : $"token {same - prompt.Length} after the prompt is {Piece(tokenizer, apart, same)} apart and "
            + $"{Piece(tokenizer, together, same)} in the whole";
    }

    private static ChatTemplate? Told(ModelTokenizer tokenizer) => tokenizer.Text is VocabularyTokenizer known
        ? ChatTemplate.For(known.AddedTokens.Select(token => token.Content).Contains) : null;

    private static string Piece(ModelTokenizer tokenizer, int[] ids, int at) =>
        at < ids.Length ? $"\"{Excerpt.OneLine(tokenizer.Text.Decode([ids[at]]) ?? "")}\" ({ids[at]})" : "missing";

    private static string Pieces(ModelTokenizer tokenizer, string marker) => $"{marker} into {tokenizer.Text.EncodeToIds(marker).Count} tokens";

    private static string WithoutSpace(string text) => string.Concat(text.Where(character => !char.IsWhiteSpace(character)));

    [GeneratedRegex(@"<\|[^|<>]+\|>")]
    private static partial Regex Marker();
}
