using System.Text.Json;
using Alignment.Tokenization;

namespace Alignment.Data;

/// <summary>
/// Rows of prompt, chosen and rejected. Each is text, or a list of {role, content} as in TRL's conversational format; a response given as a list may
/// repeat the prompt before its last message.
/// </summary>
internal static class PlainPairReader
{
    /// <exception cref="RowFault">The row is malformed or a text is empty.</exception>
    public static PreferencePair Read(JsonRow row, string source)
    {
        IReadOnlyList<Turn> prompt = Prompt(row.Member("prompt"));
        return new(source, prompt, Response(row.Member("chosen"), "chosen", prompt), Response(row.Member("rejected"), "rejected", prompt));
    }

    /// <summary>The turns of a prompt: one of the user's for text, or a list that ends with the user's.</summary>
    public static IReadOnlyList<Turn> Prompt(JsonElement value)
    {
        List<Turn> turns = value.ValueKind == JsonValueKind.Array ? Turns(value, "prompt") : [new(Role.User, JsonRow.Text(value, "prompt"))];
        if (turns.Count == 0 || string.IsNullOrWhiteSpace(turns[^1].Text))
            throw new RowFault("empty prompt", "\"prompt\"");
        return turns[^1].Role == Role.User ? turns
            : throw new RowFault("wrong role", $"the last turn of \"prompt\" is the {Word(turns[^1].Role)}'s, wanted the user's");
    }

    private static string Response(JsonElement value, string name, IReadOnlyList<Turn> prompt)
    {
        if (value.ValueKind != JsonValueKind.Array)
            return Rows.Response(JsonRow.Text(value, name), name);
        List<Turn> turns = Turns(value, name);
        if (turns.Count == 0)
            throw new RowFault("empty response", $"\"{name}\"");
        if (turns[^1].Role != Role.Assistant)
            throw new RowFault("wrong role", $"the last turn of \"{name}\" is the {Word(turns[^1].Role)}'s, wanted the assistant's");
        if (turns.Count > 1 && !turns.SkipLast(1).SequenceEqual(prompt))
            throw new RowFault("prompts differ", $"\"{name}\" has {turns.Count - 1} turns before its response that are not those of \"prompt\"");
        return Rows.Response(turns[^1].Text, name);
    }

    private static List<Turn> Turns(JsonElement list, string name)
    {
        List<Turn> turns = [];
        foreach (JsonElement message in list.EnumerateArray())
        {
            string at = $"{name}[{turns.Count}]";
            if (message.ValueKind != JsonValueKind.Object)
                throw new RowFault("wrong type", $"\"{at}\" is {JsonRow.Name(message)}, wanted an object of role and content");
            turns.Add(new(RoleOf(Member(message, at, "role"), at), Member(message, at, "content").Trim()));
        }
        return turns;
    }

    private static string Member(JsonElement message, string at, string name) => message.TryGetProperty(name, out JsonElement value)
        ? JsonRow.Text(value, $"{at}.{name}")
        : throw new RowFault("missing field", $"\"{at}.{name}\"");

    private static Role RoleOf(string role, string at) => role switch
    {
        "system" => Role.System,
        "user" => Role.User,
        "assistant" => Role.Assistant,
        _ => throw new RowFault("wrong role", $"\"{at}.role\" is \"{role}\", wanted system, user or assistant"),
    };

    private static string Word(Role role) => role switch
    {
        Role.System => "system",
        Role.User => "user",
        _ => "assistant",
    };
}
