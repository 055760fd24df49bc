using System.Text.Json;
using Alignment.Files;
using Alignment.Tokenization;

namespace Alignment.Doctor;

/// <summary>Whether the chat template a model folder brings (a Jinja text) ends its turns as the template in use does; it is not run.</summary>
internal static class ChatTemplateCheck
{
    private const string TextFile = "chat_template.jinja", ConfigFile = "tokenizer_config.json", Key = "chat_template", EndVariable = "eos_token";

    private static readonly JsonKind<string?> s_template = new("a text or a list of them", null, static (JsonElement value, out string? read) =>
    {
        read = value.ValueKind is JsonValueKind.String or JsonValueKind.Array ? value.ToString() : null;
        return true;
    });

    /// <summary>Looks into chat_template.jinja, or into tokenizer_config.json's chat_template.</summary>
    /// <param name="folder">A model folder.</param>
    /// <param name="template">The one in use.</param>
    public static Verdict Of(string folder, ChatTemplate template)
    {
        if (Text(folder) is not { } text)
            return Verdict.Note($"the folder brings no chat template; {template.Name} is used");
        string end = template.TurnEnd.Trim();
        if (end.Length == 0)
            return Verdict.Warn($"the folder brings a chat template, and {template.Name} is used, which marks no turns",
                $"use the one the model was trained with");
        return new[] { end, EndVariable }.FirstOrDefault(piece => text.Contains(piece, StringComparison.Ordinal)) is { } found
            ? Verdict.Ok($"the folder's chat template writes {found}; {template.Name} ends turns with {end}")
            : Verdict.Warn($"the folder's chat template does not write {end}, with which {template.Name} ends turns",
                $"use the one the model was trained with");
    }

    private static string? Text(string folder)
    {
        string text = Path.Combine(folder, TextFile), config = Path.Combine(folder, ConfigFile);
        if (File.Exists(text))
            return File.ReadAllText(text);
        return File.Exists(config) ? Configured(config) : null;
    }

    // one text, or a list of named ones
    private static string? Configured(string path)
    {
        JsonObjectReader config = new ConfigFaults(path).Read();
        return config.Get(Key, s_template, null);
    }
}

/// <summary>Which template a folder's tokenizer is used with.</summary>
internal static class TemplateChoice
{
    /// <summary>The folder's tokenizer with the named template, or with the one its markers tell.</summary>
    /// <param name="folder">A model folder.</param>
    /// <param name="template">A name of <see cref="ChatTemplate.Known"/>, or null.</param>
    /// <exception cref="InvalidDataException">No markers tell a template, or the vocabulary lacks the end of the named one.</exception>
    /// <exception cref="ArgumentException">No template has that name.</exception>
    public static ModelTokenizer Load(string folder, string? template)
    {
        string names = string.Join(", ", ChatTemplate.Known.Select(known => known.Name));
        if (template is not null)
            return TokenizerFolder.Load(folder, ChatTemplate.Known.FirstOrDefault(known => known.Name == template)
                ?? throw new ArgumentException($"there is no template {template}; known are {names}"));
        ModelTokenizer tokenizer = TokenizerFolder.Load(folder);
        return tokenizer.Template != ChatTemplate.PlainHh ? tokenizer
            : throw new InvalidDataException($"{folder}: no markers of a known template are among the tokenizer's tokens, so it cannot be told; "
                + $"give -p:Template=NAME, one of {names}");
    }
}
