using System.Text.Json;
using Alignment.Files;

namespace Alignment.Tokenization;

/// <summary>The chat template in a model folder's files, a Jinja text; it is read, not run.</summary>
/// <param name="File">Where it stands.</param>
/// <param name="Text">The Jinja text.</param>
internal sealed record TemplateSource(string File, string Text)
{
    private const string Key = "chat_template", Own = "chat_template.jinja", More = "additional_chat_templates", Config = "tokenizer_config.json", Default = "default", ForTools = "tool_use";

    // a text or, where there are several, a list with names
    private static readonly JsonKind<Dictionary<string, string>?> s_templates = new("a text or a list of objects of name and template", null,
        static (JsonElement value, out Dictionary<string, string>? read) =>
    {
        read = value.ValueKind == JsonValueKind.String ? new() { [Default] = value.GetString()! } : null;
        if (value.ValueKind != JsonValueKind.Array)
            return read != null;
        read = [];
        foreach (JsonElement item in value.EnumerateArray())
        {
            if (Member(item, "name") is not { } name || Member(item, "template") is not { } text)
                return false;
            read[name] = text;
        }

        return true;
    });

    /// <summary>chat_template.jinja first (with those beside it in additional_chat_templates), then tokenizer_config.json and chat_template.json; null where none has one.</summary>
    /// <param name="folder">A model folder.</param>
    /// <param name="withTools">There are tools: of several templates the one for these is taken, as transformers does.</param>
    /// <exception cref="InvalidDataException">A file is damaged, or names several templates and none of them the default.</exception>
    public static TemplateSource? Read(string folder, bool withTools = false)
    {
        if (System.IO.File.Exists(Path.Combine(folder, Own)))
        {
            string tools = Path.Combine(More, ForTools + ".jinja"), file = withTools && System.IO.File.Exists(Path.Combine(folder, tools)) ? tools : Own;
            return new(file, System.IO.File.ReadAllText(Path.Combine(folder, file)));
        }

        foreach (string name in new[] { Config, "chat_template.json" }.Where(name => System.IO.File.Exists(Path.Combine(folder, name))))
            if (Templates(Path.Combine(folder, name)) is { Count: > 0 } templates)
                return templates.TryGetValue(withTools && templates.ContainsKey(ForTools) ? ForTools : Default, out string? text) ? new(name, text)
                    : throw new InvalidDataException($"{Path.Combine(folder, name)}: $.{Key} names {string.Join(", ", templates.Keys)}; which one is used is not said: name one \"{Default}\"");
        return null;
    }

    private static Dictionary<string, string>? Templates(string path)
    {
        var faults = new ConfigFaults(path);
        Dictionary<string, string>? templates = faults.Read()?.Get(Key, s_templates, null);
        faults.Throw("tokenizer configuration");
        return templates;
    }

    private static string? Member(JsonElement item, string name) => item.ValueKind == JsonValueKind.Object && item.TryGetProperty(name, out JsonElement text)
        && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
}

/// <summary>The special tokens of a model folder, which its chat template finds by name.</summary>
internal static class SpecialTokens
{
    private const string Suffix = "_token";

    private static readonly string[] s_named = ["tokenizer_config.json", "special_tokens_map.json"];

    /// <summary>
    /// Name (bos_token, eos_token, …) → text, of tokenizer_config.json and, what it does not say, of special_tokens_map.json. A folder with neither has those
    /// whose ids config.json gives and whose texts tokenizer.json does.
    /// </summary>
    /// <exception cref="InvalidDataException">A file is damaged.</exception>
    public static IReadOnlyDictionary<string, string> Read(string folder)
    {
        Dictionary<string, string> tokens = [];
        string[] files = [.. s_named.Select(name => Path.Combine(folder, name)).Where(File.Exists)];
        if (files.Length == 0)
            return ById(Path.Combine(folder, "config.json"), Path.Combine(folder, "tokenizer.json"));
        foreach (string path in files)
        {
            JsonObjectReader file = new ConfigFaults(path).Read();
            IEnumerable<JsonProperty> more = file.OptionalObject("extra_special_tokens")?.Members ?? [];
            foreach (JsonProperty member in file.Members.Concat(more).Where(member => member.Name.EndsWith(Suffix, StringComparison.Ordinal)))
                if (Text(member.Value) is { } text)
                    tokens.TryAdd(member.Name, text);
        }

        return tokens;
    }

    private static Dictionary<string, string> ById(string config, string tokenizer)
    {
        if (!File.Exists(config) || !File.Exists(tokenizer))
            return [];
        Dictionary<long, string> texts = [];
        foreach (JsonProperty list in new ConfigFaults(tokenizer).Read().Members.Where(member => member.NameEquals("added_tokens") && member.Value.ValueKind == JsonValueKind.Array))
            foreach (JsonElement token in list.Value.EnumerateArray().Where(token => token.ValueKind == JsonValueKind.Object))
                if (token.TryGetProperty("id", out JsonElement id) && Id(id) is { } number && token.TryGetProperty("content", out JsonElement content) && Text(content) is { } text)
                    texts[number] = text;
        Dictionary<string, string> tokens = [];
        foreach (JsonProperty member in new ConfigFaults(config).Read().Members.Where(member => member.Name.EndsWith(Suffix + "_id", StringComparison.Ordinal)))
            if (Id(member.Value) is { } id && texts.TryGetValue(id, out string? text))
                tokens[member.Name[..^"_id".Length]] = text;
        return tokens;
    }

    // a list's first one counts
    private static long? Id(JsonElement value) => value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0 ? Id(value[0])
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long id) ? id : null;

    // a text, or an object that holds it
    private static string? Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()
        : value.ValueKind == JsonValueKind.Object && value.TryGetProperty("content", out JsonElement content) && content.ValueKind == JsonValueKind.String ? content.GetString() : null;
}
