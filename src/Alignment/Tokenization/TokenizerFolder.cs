namespace Alignment.Tokenization;

/// <summary>Opens the tokenizer of a model folder by the files that are there.</summary>
internal static class TokenizerFolder
{
    private static readonly string[] s_names =
    [
        "tokenizer.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt",
        "chat_template.jinja", "chat_template.json",
    ];

    private static readonly string[][] s_kinds = [["tokenizer.json"], ["tokenizer.model"], ["vocab.json", "merges.txt"]];

    /// <summary>
    /// tokenizer.json first (it knows the markers), then tokenizer.model, then vocab.json with merges.txt; the template follows from the markers.
    /// </summary>
    /// <exception cref="InvalidDataException">No tokenizer file, a damaged one, or one without a token to end a response.</exception>
    public static ModelTokenizer Load(string folder) => Load(folder, template: null);

    /// <summary>As <see cref="Load(string)"/>, with a template of the caller's choice; null takes the one the markers tell.</summary>
    /// <exception cref="InvalidDataException">As there, or the vocabulary lacks every token that ends a response of that template.</exception>
    public static ModelTokenizer Load(string folder, ChatTemplate? template)
    {
        try
        {
            return ModelTokenizer.For(Open(folder), template);
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"{folder}: {e.Message}", e);
        }
    }

    /// <summary>Whether a folder holds a tokenizer.</summary>
    public static bool IsOne(string folder) => s_kinds.Any(kind => kind.All(name => File.Exists(Path.Combine(folder, name))));

    /// <summary>The content of the files in a folder that belong to its tokenizer, by name; a saved model takes them along.</summary>
    public static IReadOnlyDictionary<string, byte[]> Files(string folder) => s_names.Where(name => File.Exists(Path.Combine(folder, name)))
        .ToDictionary(name => name, name => File.ReadAllBytes(Path.Combine(folder, name)));

    /// <summary>The tokenizer of a tokenizer.json.</summary>
    /// <exception cref="InvalidDataException">The file is damaged or of an unknown layout.</exception>
    internal static VocabularyTokenizer OpenJson(string path)
    {
        TokenizerJson file = TokenizerJson.Read(path);
        return file.IsUnigram ? new UnigramTokenizer(file.UnigramParts())
            : file.IsByteLevel ? new ByteLevelBpe(file.ByteLevelParts()) : new SentencePieceBpe(file.SentencePieceParts());
    }

    /// <summary>The tokenizer without a template.</summary>
    /// <exception cref="InvalidDataException">No tokenizer file, or a damaged one.</exception>
    internal static VocabularyTokenizer Open(string folder)
    {
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"{folder}: no such folder; a tokenizer is read from a model folder");
        string json = Path.Combine(folder, "tokenizer.json"), model = Path.Combine(folder, "tokenizer.model");
        string vocabulary = Path.Combine(folder, "vocab.json"), merges = Path.Combine(folder, "merges.txt");
        return File.Exists(json) ? Agreeing(OpenJson(json), folder)
            : File.Exists(model) ? new SentencePieceBpe(SentencePieceParts.Of(SentencePieceModel.Read(File.ReadAllBytes(model), model)).With(DeclaredTokens.Read(folder)))
            : File.Exists(vocabulary) && File.Exists(merges) ? Merged(vocabulary, merges, folder)
            : throw new InvalidDataException($"{folder}: no tokenizer: wanted tokenizer.json, tokenizer.model, or vocab.json with merges.txt");
    }

    // tokenizer.json says all; added_tokens.json, which older versions write beside it, must not say otherwise
    private static VocabularyTokenizer Agreeing(VocabularyTokenizer tokenizer, string folder)
    {
        foreach (AddedToken token in DeclaredTokens.Read(folder))
            if (tokenizer.IdOf(token.Content) is var id && id != token.Id)
                throw new InvalidDataException($"{folder}: \"{token.Content}\" is token {token.Id} by the files beside tokenizer.json, and {(id is null ? "none" : id)} by it; "
                    + "save the tokenizer anew with transformers");
        return tokenizer;
    }

    // how words are split stands in no file of this layout: the class of transformers knows it
    private static ByteLevelBpe Merged(string vocabulary, string merges, string folder)
    {
        ByteLevelParts parts = ByteLevelParts.Read(vocabulary, merges).With(DeclaredTokens.Read(folder));
        bool addsSpace = DeclaredTokens.AddsPrefixSpace(folder);
        return DeclaredTokens.ClassOf(folder) switch
        {
            null or "GPT2Tokenizer" or "CodeGenTokenizer" or "RobertaTokenizer" or "BartTokenizer" or "PreTrainedTokenizer" =>
                new(parts with { Split = ByteLevelSplit.Gpt2 with { AddsSpace = addsSpace } }),
            "Qwen2Tokenizer" => new(parts with { Split = new([], TiktokenSplit.Qwen2, []), Normalizer = new([new UnicodeForm(NormalForm.Of("NFC")!)]) }),
            var name => throw new InvalidDataException($"{folder}: vocab.json and merges.txt of a {name} are not read, known here: GPT2Tokenizer and those that split as it does, "
                + "Qwen2Tokenizer; save the tokenizer with transformers, so that there is a tokenizer.json"),
        };
    }
}
