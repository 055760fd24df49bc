using System.Text.Json;

namespace Alignment.Tokenization;

/// <summary>When ▁ is written before a stretch of text.</summary>
internal enum SpacePrefix
{
    /// <summary>Never.</summary>
    None,

    /// <summary>Before each stretch, whatever it begins with (SentencePiece's dummy prefix).</summary>
    Always,

    /// <summary>Before each stretch that does not begin with a space (Metaspace, prepend_scheme always).</summary>
    UnlessThere,

    /// <summary>As <see cref="UnlessThere"/>, before the stretch that begins the whole text only (Metaspace, prepend_scheme first).</summary>
    First,
}

/// <summary>The pre-tokenizer Metaspace: spaces are written as ▁ behind the search for added tokens.</summary>
/// <param name="Prefix">Where ▁ is written that is no space of the text.</param>
/// <param name="Splits">Each ▁ begins a word.</param>
internal sealed record Metaspace(SpacePrefix Prefix, bool Splits)
{
    /// <exception cref="InvalidDataException">It has a setting that is not read.</exception>
    public static Metaspace Read(JsonElement step, string path)
    {
        if (Text(step, "replacement") is not "▁" and var replacement)
            throw new InvalidDataException($"{path}: pre_tokenizer Metaspace writes \"{replacement}\" for a space, which is not read; known here is \"▁\"");
        return new(Scheme(step, path), !step.TryGetProperty("split", out JsonElement splits) || splits.GetBoolean());
    }

    /// <summary>prepend_scheme, or add_prefix_space of older files.</summary>
    public static SpacePrefix Scheme(JsonElement step, string path) => Text(step, "prepend_scheme") switch
    {
        "always" => SpacePrefix.UnlessThere,
        "first" => SpacePrefix.First,
        "never" => SpacePrefix.None,
        null => step.TryGetProperty("add_prefix_space", out JsonElement adds) && !adds.GetBoolean() ? SpacePrefix.None : SpacePrefix.UnlessThere,
        var other => throw new InvalidDataException($"{path}: prepend_scheme is \"{other}\"; known here: always, first, never"),
    };

    private static string? Text(JsonElement step, string name) => step.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;
}
