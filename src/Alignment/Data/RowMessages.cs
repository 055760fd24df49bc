using Alignment.Files;
using Alignment.Tokenization;

namespace Alignment.Data;

/// <summary>Messages of a row as people write them: {role, content} or {from, value}, one or a list, their text whole or in parts.</summary>
internal static class RowMessages
{
    private const string Wanted = "an object of role and content";

    private static readonly Dictionary<string, Role> s_roles = new(StringComparer.OrdinalIgnoreCase)
    {
        ["system"] = Role.System,
        ["user"] = Role.User,
        ["human"] = Role.User,
        ["prompter"] = Role.User,
        ["assistant"] = Role.Assistant,
        ["gpt"] = Role.Assistant,
        ["bot"] = Role.Assistant,
        ["model"] = Role.Assistant,
        ["tool"] = Role.Tool,
        ["function"] = Role.Tool,
        ["ipython"] = Role.Tool,
    };

    /// <summary>A list of messages, or one.</summary>
    /// <exception cref="RowFault">A message is malformed, of an unknown role, calls tools or holds more than text.</exception>
    public static List<Message> Read(JsonMember member, string name)
    {
        if (!member.IsList)
            return [One(member.Object(Wanted), name)];
        List<Message> turns = [];
        foreach (JsonObjectReader message in member.Objects(Wanted))
            turns.Add(One(message, $"{name}[{turns.Count}]"));
        return turns;
    }

    /// <summary>A role as messages name it.</summary>
    public static string Word(Role role) => role.ToString().ToLowerInvariant();

    private static Message One(JsonObjectReader message, string place)
    {
        (string role, string content) = !message.Has("role") && message.Has("from") ? ("from", "value") : ("role", "content");
        string name = message.Get(role, JsonKind.Text);
        if (!s_roles.TryGetValue(name, out Role who))
            throw new RowFault("wrong role", $"\"{place}.{role}\" is \"{name}\", wanted system, user, assistant or tool");
        if (message.Has("tool_calls") && message.Member("tool_calls") is var calls && !(calls.IsList && calls.Objects(Wanted).Count == 0) || message.Has("function_call"))
            throw new RowFault("tool calls", $"\"{place}\" calls tools, which is not read");
        return new(who, Text(message, content, place).Trim());
    }

    // a text, or parts that are all texts
    private static string Text(JsonObjectReader message, string name, string place)
    {
        JsonMember content = message.Member(name);
        if (!content.IsList)
            return content.Read(JsonKind.Text);
        string text = "";
        foreach ((int index, JsonObjectReader part) in content.Objects("an object of type and text").Index())
            text += part.Get("type", JsonKind.Text) is "text" ? part.Get("text", JsonKind.Text)
                : throw new RowFault("not text", $"\"{place}.{name}[{index}].type\" is \"{part.Get("type", JsonKind.Text)}\", wanted text");
        return text;
    }
}
