namespace Alignment.Checkpoints;

/// <summary>The files of a model folder that belong to its tokenizer; a saved model takes them along.</summary>
public static class TokenizerFiles
{
    private static readonly string[] s_names =
    [
        "tokenizer.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt",
        "chat_template.jinja", "chat_template.json",
    ];

    /// <summary>The content of those that are in a folder, by name.</summary>
    public static IReadOnlyDictionary<string, byte[]> In(string folder) => s_names.Where(name => File.Exists(Path.Combine(folder, name)))
        .ToDictionary(name => name, name => File.ReadAllBytes(Path.Combine(folder, name)));
}
