using System.Text;
using System.Text.Json;

namespace Alignment.Tokenization;

/// <summary>
/// A template as the Jinja text that transformers runs: a stored model carries the one it was trained with, so that both render the same, and a folder
/// with this text tells that template again.
/// </summary>
internal static class TemplateJinja
{
    /// <summary>The file that holds it in a model's folder.</summary>
    public const string FileName = "chat_template.jinja";

    private const string AfterSystem = "not loop.first and loop.previtem['role'] == 'system'", AfterAssistant = "not loop.first and loop.previtem['role'] == 'assistant'";

    /// <summary>The text; it renders what <see cref="ChatTemplate.Render"/> does, after BOS where the template uses it and the tokenizer names one.</summary>
    public static string Of(ChatTemplate template)
    {
        StringBuilder text = new();
        if (template.UsesBos)
            text.Append("{% if bos_token %}{{ bos_token }}{% endif %}");
        text.Append("{% for message in messages %}{% if message['role'] == ");
        if (template.System is { } system)
            text.Append("'system' %}").Append(Turn(Quoted(system), template.SystemEnd ?? template.TurnEnd)).Append("{% elif message['role'] == ");
        text.Append("'user' %}").Append(Turn(User(template), template.UserEnd ?? template.TurnEnd));
        if (template.Tool is { } tool)
            text.Append("{% elif message['role'] == 'tool' %}").Append(Turn(Quoted(tool), template.TurnEnd));
        text.Append("{% elif message['role'] == 'assistant' %}")
            .Append(Turn(Quoted(template.Assistant + template.ResponseStart), template.ResponseEnd + template.TurnEnd)).Append("{% endif %}{% endfor %}");
        return text.Append("{% if add_generation_prompt %}").Append(Written(template.Assistant)).Append("{% else %}").Append(Written(template.ConversationEnd))
            .Append("{% endif %}").ToString();
    }

    /// <summary>A folder's template that takes what a recipe gave it where nothing else is given; a date is left to who runs it. The line's end behind a tag is not written.</summary>
    public static string WithDefaults(string text, TemplateSettings settings) => string.Concat(JsonDocument.Parse(settings.Variables).RootElement.EnumerateObject()
        .Select(member => $"{{%- if {member.Name} is not defined or {member.Name} is none %}}{{%- set {member.Name} = {Literal(member.Value)} %}}{{%- endif %}}\n")) + text;

    // JSON is a literal of Jinja's but for null
    private static string Literal(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => "none",
        JsonValueKind.Array => $"[{string.Join(", ", value.EnumerateArray().Select(Literal))}]",
        JsonValueKind.Object => $"{{{string.Join(", ", value.EnumerateObject().Select(member => $"{JsonSerializer.Serialize(member.Name)}: {Literal(member.Value)}"))}}}",
        JsonValueKind.String => JsonSerializer.Serialize(value.GetString()),
        _ => value.GetRawText(),
    };

    // an expression: the opening depends on the turn before where the template says so
    private static string User(ChatTemplate template)
    {
        string opening = Quoted(template.User);
        if (template.UserAfterAssistant is { } afterAssistant)
            opening = $"({Quoted(afterAssistant)} if {AfterAssistant} else {opening})";
        if (template.UserAfterSystem is { } afterSystem)
            opening = $"({Quoted(afterSystem)} if {AfterSystem} else {opening})";
        return opening;
    }

    private static string Turn(string opening, string end) => $"{{{{ {opening} + message['content'] + {Quoted(end)} }}}}";

    private static string Written(string text) => text.Length == 0 ? "" : $"{{{{ {Quoted(text)} }}}}";

    private static string Quoted(string text) =>
        $"'{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}'";
}
