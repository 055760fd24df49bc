using System.Text.Json;
using Alignment.Files;

namespace Alignment.Tokenization;

/// <summary>
/// The chat template a model folder brings, a Jinja text. It is not run: its texts are compared with those a named template writes, which finds other
/// markers, a system turn that nobody wrote and spaces in other places, and not what its conditions decide.
/// </summary>
/// <param name="File">Where it stands.</param>
/// <param name="Text">The Jinja text.</param>
internal sealed record FolderTemplate(string File, string Text)
{
    private const string Key = "chat_template", BeginVariable = "bos_token", EndVariable = "eos_token", Message = "\u0001";
    private static readonly Message[][] s_probes = [.. Probes()];
    private static readonly string[] s_begins = ["<s>", "<|begin_of_text|>"];
    private static readonly string[] s_roles = ["system", "user", "assistant", "tool"];

    // a text or, where there are several, a list with names
    private static readonly JsonKind<string?> s_template = new("a text or a list of named texts", null, static (JsonElement value, out string? read) =>
    {
        read = value.ValueKind == JsonValueKind.String ? value.GetString() : value.ValueKind != JsonValueKind.Array ? null
            : value.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.Object && item.TryGetProperty("name", out JsonElement name) && name.ValueEquals("default"))
                .Select(item => item.TryGetProperty("template", out JsonElement text) ? text.ToString() : null).FirstOrDefault();
        return value.ValueKind is JsonValueKind.String or JsonValueKind.Array;
    });

    // a text, or an object that holds it
    private static readonly JsonKind<string?> s_token = new("a token", null, static (JsonElement value, out string? read) =>
    {
        read = value.ValueKind == JsonValueKind.String ? value.GetString()
            : value.ValueKind == JsonValueKind.Object && value.TryGetProperty("content", out JsonElement content) ? content.ToString() : null;
        return true;
    });

    /// <summary>What its variable eos_token stands for; null where no file says.</summary>
    public string? EndToken { get; init; }

    /// <summary>chat_template.jinja first, then chat_template.json and tokenizer_config.json; null where none has one.</summary>
    /// <exception cref="InvalidDataException">A file is no JSON object.</exception>
    public static FolderTemplate? Read(string folder)
    {
        const string Own = "chat_template.jinja", Config = "tokenizer_config.json";
        string? end = Configured(folder, Config)?.Get(EndVariable, s_token, null);
        if (System.IO.File.Exists(Path.Combine(folder, Own)))
            return new(Own, System.IO.File.ReadAllText(Path.Combine(folder, Own))) { EndToken = end };
        return new[] { "chat_template.json", Config }.Select(name => (Name: name, Text: Configured(folder, name)?.Get(Key, s_template, null)))
            .FirstOrDefault(file => file.Text != null) is (var name, { } text) ? new(name, text) { EndToken = end } : null;
    }

    private static JsonObjectReader? Configured(string folder, string name) =>
        System.IO.File.Exists(Path.Combine(folder, name)) ? new ConfigFaults(Path.Combine(folder, name)).Read() : null;

    /// <summary>The first text that one of the two writes and the other does not, in words; null where there is none.</summary>
    public string? DifferenceTo(ChatTemplate template)
    {
        IReadOnlyList<string> texts = JinjaTexts.Of(Text, BeginVariable, out bool begins);
        string[] written = [.. s_probes.Select(turns => template.Render(turns, addGenerationPrompt: true)), template.ConversationEnd, .. template.EndTokens];
        if (texts.FirstOrDefault(text => !string.IsNullOrWhiteSpace(text) && !written.Any(whole => whole.Contains(text, StringComparison.Ordinal))) is { } other)
            return $"writes \"{OneLine(other)}\", which {template.Name} does not";
        if (begins && !template.UsesBos)
            return $"writes {BeginVariable}, which {template.Name} does not";
        string[] tokens = [.. Text.Contains(EndVariable, StringComparison.Ordinal) ? Ends(template) : [], .. begins ? s_begins : []];
        return template.Pieces.FirstOrDefault(piece => !IsMadeOf(piece, [.. texts, .. s_roles, .. tokens])) is { } missing
            ? $"does not write \"{OneLine(missing)}\", which {template.Name} does" : null;
    }

    private IEnumerable<string> Ends(ChatTemplate template) => EndToken != null ? [EndToken] : [template.ConversationEnd, .. template.EndTokens];

    private static IEnumerable<Message[]> Probes()
    {
        static Message Turn(Role role) => new(role, Message);
        yield return [Turn(Role.System), Turn(Role.User), Turn(Role.Assistant), Turn(Role.User)];
        yield return [Turn(Role.User), Turn(Role.Assistant)];
        yield return [Turn(Role.User), Turn(Role.Assistant), Turn(Role.Tool), Turn(Role.Assistant)];
    }

    // whole texts, or parts of one that are long enough to be no chance
    private static bool IsMadeOf(string piece, string[] texts)
    {
        const int LongEnough = 4;
        bool[] reached = new bool[piece.Length + 1];
        reached[0] = true;
        for (int from = 0; from < piece.Length; from++)
            for (int to = piece.Length; reached[from] && to > from; to--)
                reached[to] |= texts.Contains(piece[from..to]) || to - from >= LongEnough && texts.Any(text => text.Contains(piece[from..to], StringComparison.Ordinal));
        return reached[^1];
    }

    private static string OneLine(string text) => text.Replace("\n", "\\n", StringComparison.Ordinal);
}
