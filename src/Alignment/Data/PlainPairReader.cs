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
