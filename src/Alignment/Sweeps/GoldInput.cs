using Alignment.Data;
using Alignment.Rewards;
using Alignment.Tokenization;

namespace Alignment.Sweeps;

/// <summary>What a gold model reads: prompt and response as ids. A response that was cut is never read as one that ended.</summary>
internal static class GoldInput
{
    /// <summary>Prompt, response and the token that ends it, as a gold model of our own is trained.</summary>
    public static int[] Parts(ModelTokenizer tokenizer, ScoringRequest request) =>
    [
        .. tokenizer.Encode(new WrittenConversation(request.Prompt, request.Messages)),
        .. request.Ended ? tokenizer.EncodeResponse(request.Response) : tokenizer.EncodeCutResponse(request.Response),
    ];

    /// <summary>How a gold model reads turns and a response, which ended or was cut: whole where it is a decoder, in parts where it is ours of NeoX's shape.</summary>
    public static Func<IReadOnlyList<Message>, string, bool, int[]> Reader(ModelTokenizer tokenizer, bool isWhole) => Encoder(tokenizer, isWhole) ?? ((turns, response, ended) =>
    {
        WrittenConversation prompt = tokenizer.Template.Write(turns, addGenerationPrompt: true);
        ScoringRequest request = new(prompt.Text, response, ended) { Messages = prompt.Messages };
        return isWhole ? Conversation(tokenizer, request) : Parts(tokenizer, request);
    });

    /// <summary>Pairs as a gold model is trained on them: both responses ended by themselves.</summary>
    /// <param name="pairs">As text.</param>
    /// <param name="read">Its <see cref="Reader"/>.</param>
    public static RewardPair[] Pairs(IReadOnlyList<PreferencePair> pairs, Func<IReadOnlyList<Message>, string, bool, int[]> read) =>
        [.. pairs.Select(pair => new RewardPair(pair.Source, read(pair.Prompt, pair.Chosen, true), read(pair.Prompt, pair.Rejected, true)))];

    /// <summary>Writes prompt and response by a folder's own template, whole for a judge that others have trained; null where the template is a named one.</summary>
    public static Func<IReadOnlyList<Message>, string, bool, int[]>? Encoder(ModelTokenizer tokenizer, bool isWhole) => tokenizer.Template is not FolderTemplate folder ? null
        : isWhole ? (turns, response, ended) => tokenizer.EncodeWhole(folder, turns, response, ended) : tokenizer.EncodeAnswered;

    /// <summary>The first prompt that a gold model's own template refuses, and how many there are; null where it takes all.</summary>
    public static string? Refusal(ModelTokenizer tokenizer, IReadOnlyList<PreferencePair> pairs, string what = "test")
    {
        if (tokenizer.Template is not FolderTemplate folder)
            return null;
        (string Source, string Text)[] refused = [.. pairs.Select(pair => (pair.Source, Text: folder.Row(pair.Prompt, pair.Response).Refusal!)).Where(row => row.Text != null)];
        return refused.Length == 0 ? null : $"the gold model's chat template refuses {refused.Length} of {pairs.Count} {what} prompts, first {refused[0].Source}: {refused[0].Text}; "
            + $"take them out of the {what} file, or name a template the model was trained with by \"template\" in the recipe's gold";
    }

    /// <summary>
    /// The conversation as transformers writes it for a judge that others have trained: BOS once where the template uses it, and after the response all
    /// that the template writes, such as a line's end behind the marker.
    /// </summary>
    public static int[] Conversation(ModelTokenizer tokenizer, ScoringRequest request)
    {
        var template = (ChatTemplate)tokenizer.Template;
        string end = request.Ended ? template.ResponseEnd + template.TurnEnd + template.ConversationEnd : "";
        string before = request.Prompt + template.ResponseStart;
        IReadOnlyList<int> ids = tokenizer.Encode(new WrittenConversation(before + request.Response + end,
            [.. request.Messages, (before.Length, before.Length + request.Response.Length)]));
        return tokenizer.Bos is int bos ? [bos, .. ids] : [.. ids];
    }
}
