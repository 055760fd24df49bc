using Alignment.Models;
using Alignment.Tokenization;

namespace Alignment.Doctor;

/// <summary>Whether tokenizer and model agree on the vocabulary and on the tokens that begin, end and fill.</summary>
internal static class SpecialTokensCheck
{
    // checkpoints pad their embedding to a round number: Phi-3 to 32064 of 32011, Qwen2 to 151936 of 151665
    private const double SpareRows = 0.1;

    /// <summary>Compares the tokenizer with config.json and generation_config.json.</summary>
    /// <param name="tokenizer">Its template decides which token ends a response.</param>
    /// <param name="config">As <see cref="DecoderConfig.ReadFolder"/> gives it: the end tokens are those generation stops at.</param>
    public static IReadOnlyList<Verdict> Of(ModelTokenizer tokenizer, DecoderConfig config) =>
        [Vocabulary(tokenizer, config), .. Inside(config), End(tokenizer, config), Begin(tokenizer, config), Fill(tokenizer, config)];

    private static Verdict Vocabulary(ModelTokenizer tokenizer, DecoderConfig config)
    {
        (long model, int own) = (config.Shape.Vocabulary, tokenizer.VocabularySize);
        if (own > model)
            return Verdict.Fail($"the tokenizer has {own} tokens and the model {model}: ids from {model} on have no embedding",
                $"give the tokenizer this model was trained with");
        return own < (1 - SpareRows) * model
            ? Verdict.Warn($"the tokenizer has {own} tokens and the model {model}: the last {model - own} stand for no text",
                $"see that this is the tokenizer the model was trained with")
            : Verdict.Ok($"vocabulary: {own} tokens in the tokenizer, {model} in the model");
    }

    private static IEnumerable<Verdict> Inside(DecoderConfig config)
    {
        IEnumerable<(string Key, long Id)> named = [.. config.EndTokens.Select(id => ("eos_token_id", id)),
            .. One("bos_token_id", config.BeginToken), .. One("pad_token_id", config.PadToken)];
        return named.Where(token => token.Id >= config.Shape.Vocabulary).Select(token => Verdict.Fail(
            $"{token.Key} {token.Id} is outside the model's vocabulary of {config.Shape.Vocabulary}",
            $"correct it in config.json and generation_config.json"));

        static IEnumerable<(string, long)> One(string key, long? id) => id is { } value ? [(key, value)] : [];
    }

    private static Verdict End(ModelTokenizer tokenizer, DecoderConfig config)
    {
        string end = tokenizer.NameOf(tokenizer.Eos), template = tokenizer.Template.Name;
        if (config.EndTokens.Count == 0)
            return Verdict.Warn($"template {template} ends responses with {end}; config.json and generation_config.json name no end token",
                $"set eos_token_id to {tokenizer.Eos}, or programs that read them will not stop there");
        return config.EndTokens.Contains(tokenizer.Eos)
            ? Verdict.Ok($"template {template} ends responses with {end}, at which generation stops ({Names(tokenizer, config.EndTokens)})")
            : Verdict.Fail($"template {template} ends responses with {end}, and generation stops at {Names(tokenizer, config.EndTokens)}",
                $"choose the template this model was trained with, or add {tokenizer.Eos} to eos_token_id in generation_config.json");
    }

    private static Verdict Begin(ModelTokenizer tokenizer, DecoderConfig config) => (tokenizer.Bos, config.BeginToken) switch
    {
        (null, null) => Verdict.Ok($"no token begins a prompt"),
        (null, { } id) => Verdict.Note(
            $"template {tokenizer.Template.Name} begins prompts without {tokenizer.NameOf(id)}, the model's bos_token_id"),
        ({ } id, null) => Verdict.Note(
            $"template {tokenizer.Template.Name} begins prompts with {tokenizer.NameOf(id)}; config.json names no bos_token_id"),
        ({ } own, { } id) when own == id => Verdict.Ok($"prompts begin with {tokenizer.NameOf(own)}"),
        ({ } own, { } id) => Verdict.Warn(
            $"template {tokenizer.Template.Name} begins prompts with {tokenizer.NameOf(own)}, the model's bos_token_id is {id}",
            $"see that tokenizer and template are those the model was trained with"),
    };

    // padding is masked everywhere: any id of the vocabulary will do
    private static Verdict Fill(ModelTokenizer tokenizer, DecoderConfig config) => config.PadToken is { } id && id != tokenizer.Pad
        ? Verdict.Note($"batches are filled with {tokenizer.NameOf(tokenizer.Pad)} and masked; the model's pad_token_id is {tokenizer.NameOf(id)}")
        : Verdict.Ok($"batches are filled with {tokenizer.NameOf(tokenizer.Pad)} and masked");

    private static string Names(ModelTokenizer tokenizer, IEnumerable<long> ids) => string.Join(", ", ids.Select(tokenizer.NameOf));
}
