using System.Text.Json;

namespace Alignment.Tokenization;

/// <summary>What is done to a text before its words are encoded, where pieces hold ▁ for a space.</summary>
internal sealed record Spacing
{
    /// <summary>What is done before spaces become ▁.</summary>
    public TextNormalizer Normalizer { get; init; } = new([]);

    /// <summary>Spaces become ▁ before the search for added tokens of normalised text, with this prefix.</summary>
    public SpacePrefix Prefix { get; init; }

    /// <summary>Spaces become ▁ behind that search, as this says; null: there is no pre-tokenizer.</summary>
    public Metaspace? Metaspace { get; init; }

    /// <summary>Split the text before <see cref="Metaspace"/> does.</summary>
    public IReadOnlyList<SplitStep> Before { get; init; } = [];

    /// <summary>The members normalizer and pre_tokenizer of a tokenizer.json.</summary>
    /// <exception cref="InvalidDataException">They do something that is not read; the message names it.</exception>
    public static Spacing Read(NormalizerStep[] normalizer, JsonElement[] preTokenizer, string path)
    {
        string[] kinds = [.. preTokenizer.Select(step => NormalizerJson.Text(step, "type"))];
        if (kinds is [.., "Metaspace"])
        {
            var metaspace = Metaspace.Read(preTokenizer[^1], path);
            if (metaspace.Prefix == SpacePrefix.First && normalizer.FirstOrDefault(step => !step.KeepsStart) is { } moving)
                throw new InvalidDataException($"{path}: normalizer {moving.Name} with prepend_scheme first, where the text begins, is not read");
            // a character that becomes several words begins the text with each
            if (metaspace.Prefix == SpacePrefix.First && kinds.Length > 1 && normalizer.Length > 0)
                throw new InvalidDataException($"{path}: pre_tokenizer {kinds[0]} and a normalizer with prepend_scheme first, where the text begins, are not read");
            return new() { Normalizer = new(normalizer), Metaspace = metaspace, Before = [.. preTokenizer[..^1].Select(step => ByteLevelSplit.Step(step, path))] };
        }

        if (kinds is not ([] or ["Split"]))
            throw new InvalidDataException($"{path}: pre_tokenizer is \"{string.Join(",", kinds)}\", known here: \"\", \"Metaspace\", \"Split\"");
        (NormalizerStep[] steps, bool spaces, SpacePrefix prefix) = Spaces(normalizer);
        if (!spaces)
            throw new InvalidDataException($"{path}: nothing writes ▁ for a space, neither a pre_tokenizer Metaspace nor a normalizer that ends in Replace; that is not read");
        // Gemma's, at spaces that the normalizer has replaced
        if (kinds is ["Split"] && preTokenizer[0] is var split
            && (split.Part("invert").GetBoolean() || !split.Part("pattern").TryGetProperty("String", out JsonElement at) || at.GetString() != " "))
            throw new InvalidDataException($"{path}: pre_tokenizer Split at something other than a space is read for byte-level vocabularies only");
        return new() { Normalizer = new(steps), Prefix = prefix };
    }

    // the steps before those that write ▁ for a space, whether one does, and whether ▁ is written before the text, too
    private static (NormalizerStep[] Steps, bool Spaces, SpacePrefix Prefix) Spaces(NormalizerStep[] normalizer) => normalizer switch
    {
        [.. var rest, Prepended("▁"), ReplacedText(" ", "▁")] => (rest, true, SpacePrefix.Always),
        [.. var rest, ReplacedText(" ", "▁"), Prepended("▁")] => (rest, true, SpacePrefix.Always),
        [.. var rest, ReplacedText(" ", "▁")] => (rest, true, SpacePrefix.None),
        _ => (normalizer, false, SpacePrefix.None),
    };
}
