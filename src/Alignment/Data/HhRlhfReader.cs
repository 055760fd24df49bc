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
    public static PreferencePair Read(JsonRow row, string source)
    {
        (string prompt, string chosen) = Cut(row.Text("chosen"), "chosen");
        (string otherPrompt, string rejected) = Cut(row.Text("rejected"), "rejected");
        if (prompt != otherPrompt)
            throw new RowFault("prompts differ", $"from character {prompt.Zip(otherPrompt).TakeWhile(c => c.First == c.Second).Count() + 1} on");
        return new(source, Turns(prompt), Rows.Response(chosen, "chosen"), Rows.Response(rejected, "rejected"));
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

    private static List<Turn> Turns(string prompt)
    {
        if (!prompt.StartsWith(Human, StringComparison.Ordinal))
            throw new RowFault("no human turn", "the prompt does not begin with \\n\\nHuman:");
        List<Turn> turns = [];
        for (int at = 0; at < prompt.Length;)
        {
            bool human = prompt.AsSpan(at).StartsWith(Human);
            int from = at + (human ? Human : Assistant).Length;
            int nextHuman = prompt.IndexOf(Human, from, StringComparison.Ordinal);
            int nextAssistant = prompt.IndexOf(Assistant, from, StringComparison.Ordinal);
            at = Math.Min(nextHuman < 0 ? prompt.Length : nextHuman, nextAssistant < 0 ? prompt.Length : nextAssistant);
            turns.Add(new(human ? Role.User : Role.Assistant, prompt[from..at].Trim()));
        }
        return turns;
    }
}
