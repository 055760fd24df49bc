using Alignment.Files;
using Alignment.Tokenization;

namespace Alignment.Data;

/// <summary>
/// Rows of Anthropic HH-RLHF (Bai et al. 2022): "chosen" and "rejected" are whole transcripts. The response is the last assistant turn; what stands
/// before it must be the same in both.
/// </summary>
internal static class HhRlhfReader
{
    private const string Human = "\n\nHuman:", Assistant = "\n\nAssistant:";

    /// <exception cref="RowFault">The row is malformed, its prompts differ or a response is empty.</exception>
    public static PreferencePair Read(JsonObjectReader row, string source)
    {
        (string prompt, string chosen) = Cut(row.Get("chosen", JsonKind.Text), "chosen");
        (string otherPrompt, string rejected) = Cut(row.Get("rejected", JsonKind.Text), "rejected");
        if (prompt != otherPrompt)
            throw new RowFault("prompts differ", $"from character {prompt.Zip(otherPrompt).TakeWhile(c => c.First == c.Second).Count() + 1} on");
        return new(source, Turns(prompt), Rows.Response(chosen, "chosen"), Rows.Response(rejected, "rejected"));
    }

    /// <summary>The member is a transcript, if perhaps a faulty one.</summary>
    public static bool IsTranscript(JsonObjectReader row, string name)
    {
        try
        {
            return row.Get(name, JsonKind.Text) is var text && (text.Contains(Human, StringComparison.Ordinal) || text.Contains(Assistant, StringComparison.Ordinal));
        }
        catch (RowFault)
        {
            return false;
        }
    }

    private static (string Prompt, string Response) Cut(string transcript, string name)
    {
        int at = transcript.LastIndexOf(Assistant, StringComparison.Ordinal);
        if (at < 0)
            throw new RowFault("no assistant turn", $"\"{name}\" has no \\n\\nAssistant:");
        return transcript.IndexOf(Human, at, StringComparison.Ordinal) >= 0
            ? throw new RowFault("no assistant turn", $"\"{name}\" ends in a human turn")
            : (transcript[..at], transcript[(at + Assistant.Length)..]);
    }

    private static List<Message> Turns(string prompt)
    {
        if (!prompt.StartsWith(Human, StringComparison.Ordinal))
            throw new RowFault("no human turn", "the prompt does not begin with \\n\\nHuman:");
        List<Message> turns = [];
        // where each marker stands next; only the one that was passed is looked for again
        (int human, int assistant) = (0, Next(Assistant, 0));
        for (int at = 0; at < prompt.Length;)
        {
            Role role = at == human ? Role.User : Role.Assistant;
            int from = at + (role == Role.User ? Human : Assistant).Length;
            (human, assistant) = role == Role.User ? (Next(Human, from), assistant) : (human, Next(Assistant, from));
            at = Math.Min(human, assistant);
            turns.Add(new(role, prompt[from..at].Trim()));
        }
        return turns;

        int Next(string marker, int from) => prompt.IndexOf(marker, from, StringComparison.Ordinal) is >= 0 and int at ? at : prompt.Length;
    }
}
