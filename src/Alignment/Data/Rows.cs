using Alignment.Files;
using Alignment.Tokenization;

namespace Alignment.Data;

/// <summary>What every format demands of a row.</summary>
internal static class Rows
{
    /// <summary>A response without white space at its ends.</summary>
    /// <exception cref="RowFault">Nothing is left.</exception>
    public static string Response(string text, string name) =>
        text.Trim() is { Length: > 0 } response ? response : throw new RowFault("empty response", $"\"{name}\"");

    /// <summary>The text of the last of some messages.</summary>
    /// <exception cref="RowFault">There is none, or it is not the assistant's or empty.</exception>
    public static string Response(List<Message> turns, string name)
    {
        if (turns.Count == 0)
            throw new RowFault("empty response", $"\"{name}\"");
        return turns[^1].Role == Role.Assistant ? Response(turns[^1].Text, name)
            : throw new RowFault("wrong role", $"the last turn of \"{name}\" is the {RowMessages.Word(turns[^1].Role)}'s, wanted the assistant's");
    }

    /// <summary>A prompt without white space at its ends.</summary>
    /// <exception cref="RowFault">Nothing is left.</exception>
    public static string Prompt(string text) => text.Trim() is { Length: > 0 } prompt ? prompt : throw new RowFault("empty prompt", "\"prompt\"");

    /// <summary>Turns that the assistant can answer.</summary>
    /// <exception cref="RowFault">There is none, or the last one is empty, the assistant's or the system's.</exception>
    public static IReadOnlyList<Message> Prompt(IReadOnlyList<Message> turns, string name)
    {
        if (turns.Count == 0 || turns[^1].Text.Length == 0)
            throw new RowFault("empty prompt", $"\"{name}\"");
        return turns[^1].Role is Role.User or Role.Tool ? turns
            : throw new RowFault("wrong role", $"the last turn of \"{name}\" is the {RowMessages.Word(turns[^1].Role)}'s, wanted the user's");
    }
}

/// <summary>A system turn that stands in a member of its own.</summary>
internal static class SystemTurn
{
    /// <summary>The turns after it; they stay as they are where the row has none.</summary>
    /// <exception cref="RowFault">The turns begin with another system turn.</exception>
    public static IReadOnlyList<Message> Before(IReadOnlyList<Message> turns, JsonObjectReader row, string? name)
    {
        if (name == null || row.Get(name, JsonKind.Text, "").Trim() is not { Length: > 0 } text)
            return turns;
        var system = new Message(Role.System, text);
        if (turns[0].Role != Role.System)
            return [system, .. turns];
        return turns[0] == system ? turns : throw new RowFault("two system turns", $"\"{name}\" and the first turn of the prompt differ");
    }
}
