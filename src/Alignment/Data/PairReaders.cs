using System.Text.Json;
using Alignment.Files;
using Alignment.Tokenization;

namespace Alignment.Data;

/// <summary>
/// Rows of prompt, chosen and rejected. Each is text, or a list of {role, content} as in TRL's conversational format; a response given as a list may
/// repeat the prompt before its last message.
/// </summary>
internal static class PlainPairReader
{
    /// <exception cref="RowFault">The row is malformed or a text is empty.</exception>
    public static PreferencePair Read(JsonObjectReader row, string source)
    {
        IReadOnlyList<Message> prompt = Prompt(row);
        return new(source, prompt, Response(row, "chosen", prompt), Response(row, "rejected", prompt));
    }

    /// <summary>The turns of a row's prompt: one of the user's for text, or a list that ends with the user's.</summary>
    public static IReadOnlyList<Message> Prompt(JsonObjectReader row)
    {
        JsonMember prompt = row.Member("prompt");
        List<Message> turns = prompt.IsList ? Turns(prompt, "prompt") : [new(Role.User, prompt.Read(JsonKind.Text))];
        if (turns.Count == 0 || string.IsNullOrWhiteSpace(turns[^1].Text))
            throw new RowFault("empty prompt", "\"prompt\"");
        return turns[^1].Role == Role.User ? turns
            : throw new RowFault("wrong role", $"the last turn of \"prompt\" is the {Word(turns[^1].Role)}'s, wanted the user's");
    }

    private static string Response(JsonObjectReader row, string name, IReadOnlyList<Message> prompt)
    {
        JsonMember response = row.Member(name);
        if (!response.IsList)
            return Rows.Response(response.Read(JsonKind.Text), name);
        List<Message> turns = Turns(response, name);
        if (turns.Count == 0)
            throw new RowFault("empty response", $"\"{name}\"");
        if (turns[^1].Role != Role.Assistant)
            throw new RowFault("wrong role", $"the last turn of \"{name}\" is the {Word(turns[^1].Role)}'s, wanted the assistant's");
        if (turns.Count > 1 && !turns.SkipLast(1).SequenceEqual(prompt))
            throw new RowFault("prompts differ", $"\"{name}\" has {turns.Count - 1} turns before its response that are not those of \"prompt\"");
        return Rows.Response(turns[^1].Text, name);
    }

    private static List<Message> Turns(JsonMember list, string name)
    {
        List<Message> turns = [];
        foreach (JsonObjectReader message in list.Objects("an object of role and content"))
            turns.Add(new(RoleOf(message.Get("role", JsonKind.Text), name, turns.Count), message.Get("content", JsonKind.Text).Trim()));
        return turns;
    }

    private static Role RoleOf(string role, string name, int index) => role switch
    {
        "system" => Role.System,
        "user" => Role.User,
        "assistant" => Role.Assistant,
        _ => throw new RowFault("wrong role", $"\"{name}[{index}].role\" is \"{role}\", wanted system, user or assistant"),
    };

    private static string Word(Role role) => role switch
    {
        Role.System => "system",
        Role.User => "user",
        _ => "assistant",
    };
}

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

/// <summary>Pairs of PKU-SafeRLHF to leave out.</summary>
[Flags]
public enum PairFilter
{
    /// <summary>Every pair stays.</summary>
    None = 0,

    /// <summary>Without pairs of two safe responses.</summary>
    DoubleSafe = 1,

    /// <summary>Without pairs of two unsafe responses.</summary>
    DoubleUnsafe = 2,
}

/// <summary>Rows of PKU-SafeRLHF, branch v0 (Ji et al. 2023); the safer response is the chosen one.</summary>
internal static class SafeRlhfReader
{
    private static readonly JsonKind<int> s_zeroOrOne = new("0 or 1", 0, static (JsonElement value, out int read) =>
    {
        read = 0;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out read) && read is 0 or 1;
    });

    /// <returns>null and the reason where the filter leaves the pair out.</returns>
    /// <exception cref="RowFault">The row is malformed, a text is empty or the labels contradict each other.</exception>
    public static (PreferencePair? Pair, string? LeftOut) Read(JsonObjectReader row, string source, PairFilter filter)
    {
        string[] responses = [row.Get("response_0", JsonKind.Text), row.Get("response_1", JsonKind.Text)];
        bool[] safe = [row.Get("is_response_0_safe", JsonKind.Truth), row.Get("is_response_1_safe", JsonKind.Truth)];
        int safer = row.Get("safer_response_id", s_zeroOrOne);
        _ = row.Get("better_response_id", s_zeroOrOne);
        if (!safe[safer] && safe[1 - safer])
            throw new RowFault("labels contradict",
                $"safer_response_id is {safer}, but response {safer} is marked unsafe and response {1 - safer} safe");
        PreferencePair pair = new(source, [new(Role.User, Rows.Prompt(row.Get("prompt", JsonKind.Text)))],
            Rows.Response(responses[safer], $"response_{safer}"), Rows.Response(responses[1 - safer], $"response_{1 - safer}"));
        if (filter.HasFlag(PairFilter.DoubleSafe) && safe[0] && safe[1])
            return (null, "double safe");
        return filter.HasFlag(PairFilter.DoubleUnsafe) && !safe[0] && !safe[1] ? (null, "double unsafe") : (pair, null);
    }
}

/// <summary>What every format demands of a row.</summary>
internal static class Rows
{
    /// <summary>A response without white space at its ends.</summary>
    /// <exception cref="RowFault">Nothing is left.</exception>
    public static string Response(string text, string name) =>
        text.Trim() is { Length: > 0 } response ? response : throw new RowFault("empty response", $"\"{name}\"");

    /// <summary>A prompt without white space at its ends.</summary>
    /// <exception cref="RowFault">Nothing is left.</exception>
    public static string Prompt(string text) => text.Trim() is { Length: > 0 } prompt ? prompt : throw new RowFault("empty prompt", "\"prompt\"");
}
