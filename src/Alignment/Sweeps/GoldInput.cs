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

    /// <summary>
    /// The conversation as transformers writes it for a judge that others have trained: BOS once where the template uses it, and after the response all
    /// that the template writes, such as a line's end behind the marker.
    /// </summary>
    public static int[] Conversation(ModelTokenizer tokenizer, ScoringRequest request)
    {
        ChatTemplate template = tokenizer.Template;
        string end = request.Ended ? template.ResponseEnd + template.TurnEnd + template.ConversationEnd : "";
        string before = request.Prompt + template.ResponseStart;
        IReadOnlyList<int> ids = tokenizer.Encode(new WrittenConversation(before + request.Response + end,
            [.. request.Messages, (before.Length, before.Length + request.Response.Length)]));
        return tokenizer.Bos is int bos ? [bos, .. ids] : [.. ids];
    }
}
