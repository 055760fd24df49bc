namespace Alignment.Tokenization;

/// <summary>
/// A prompt and a response in a folder's template, written as one conversation, and where the answer starts in it: where the prompt with its generation
/// prompt ends, which the conversation should begin with. Where it does not, as with thinking blocks, the answer starts where the template's last
/// generation block begins; without one, where the generation prompt and an answer part.
/// </summary>
/// <param name="Conversation">All of it.</param>
/// <param name="Start">Where the answer starts.</param>
/// <param name="TextEnd">Where the response's own text ends.</param>
/// <param name="End">Where the token stands that ends the response; at the end of all where the template writes none.</param>
internal sealed record WrittenAnswer(WrittenConversation Conversation, int Start, int TextEnd, int End)
{
    private const string AnyAnswer = "qXzq";
    private const char Sign = '\uFDD1'; // in no text

    /// <summary>The text of the conversation.</summary>
    public string Whole => Conversation.Text;

    /// <summary>The prompt as it is written, with its generation prompt.</summary>
    public required string Opened { get; init; }

    /// <summary>What stands before the answer.</summary>
    public string Before => Whole[..Start];

    /// <summary>The conversation does not begin with the generation prompt.</summary>
    public bool IsCut { get; private init; }

    /// <summary>The template writes other words than the response's.</summary>
    public bool IsRewritten { get; private init; }

    /// <summary>With what the template writes before the response counted to the answer, as it is for the other response of a pair.</summary>
    public WrittenAnswer From(int start) => start == Start ? this : this with { Start = start, IsCut = true };

    /// <summary>Writes a response.</summary>
    /// <param name="template">The template.</param>
    /// <param name="turns">The prompt.</param>
    /// <param name="opened">The prompt as it is written, with its generation prompt.</param>
    /// <param name="response">The response.</param>
    /// <exception cref="InvalidDataException">The template does not tell where the answer starts or ends.</exception>
    public static WrittenAnswer Of(FolderTemplate template, IReadOnlyList<Message> turns, string opened, string response)
    {
        Message[] all = [.. turns, new(Role.Assistant, response)];
        (string whole, IReadOnlyList<int> generated) = template.Render(all, addGenerationPrompt: false);
        bool begins = whole.StartsWith(opened, StringComparison.Ordinal);
        int start = begins ? opened.Length : Parting(template, turns, opened, whole, generated);
        int end = whole.Length, textEnd = whole.Length;
        if (whole.EndsWith(template.Pieces.Tail, StringComparison.Ordinal) && whole.Length - template.Pieces.Tail.Length >= start)
        {
            textEnd = whole.Length - template.Pieces.Tail.Length;
            end = textEnd + template.ResponseEnd.Length;
        }
        else if (template.ResponseEndToken is { } token && template.Writes(token))
            textEnd = end = whole.LastIndexOf(token, StringComparison.Ordinal) is var at && at >= start ? at
                : throw new InvalidDataException($"{template.Name} does not end this answer with {token}, as it does others");
        return new(new(whole, template.Places(all, addGenerationPrompt: false, whole)), start, textEnd, end)
        {
            Opened = opened,
            IsCut = !begins,
            IsRewritten = !whole.AsSpan(start).Contains(response.AsSpan().Trim(), StringComparison.Ordinal),
        };
    }

    private static int Parting(FolderTemplate template, IReadOnlyList<Message> turns, string opened, string whole, IReadOnlyList<int> generated)
    {
        int shared = opened.AsSpan().CommonPrefixLength(whole);
        int history = HistoryEnd(template, turns, opened);
        // an answer may happen to begin as the generation prompt goes on
        int parting = generated.Count > 0 ? generated[^1]
            : Math.Min(shared, opened.AsSpan().CommonPrefixLength(template.Render([.. turns, new(Role.Assistant, AnyAnswer)], addGenerationPrompt: false).Text));
        if (shared < history || parting < history)
            throw new InvalidDataException($"{template.Name} writes the turns before an answer otherwise than the prompt: \"{Shown(whole, shared)}\" where the prompt has \"{Shown(opened, shared)}\"");
        return Math.Min(template.TokenStart(whole, parting), template.TokenStart(opened, parting));
    }

    // behind the last turn's text: what follows is the same whatever that is
    private static int HistoryEnd(FolderTemplate template, IReadOnlyList<Message> turns, string opened)
    {
        string other = template.Render([.. turns.SkipLast(1), turns[^1] with { Text = turns[^1].Text.TrimEnd() + Sign }], addGenerationPrompt: true).Text;
        int same = 0;
        while (same < Math.Min(opened.Length, other.Length) && opened[^(same + 1)] == other[^(same + 1)])
            same++;
        return opened.Length - same;
    }

    private static string Shown(string text, int at) => text[at..Math.Min(at + 24, text.Length)].Replace("\n", "\\n", StringComparison.Ordinal);
}
