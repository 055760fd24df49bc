namespace Alignment.Tokenization;

/// <summary>A tokenizer with the template that is used, and what said so.</summary>
/// <param name="Tokenizer">With that template.</param>
/// <param name="By">For the log and what is stored.</param>
internal sealed record ToldTemplate(ModelTokenizer Tokenizer, string By)
{
    /// <summary>Names of templates, for messages.</summary>
    public static string Names { get; } = string.Join(", ", ChatTemplate.Known.Select(known => known.Name));

    /// <summary>Where a named template is used in a folder that brings another: the first difference.</summary>
    public string? Difference { get; private init; }

    /// <summary>The tokenizer with a named template, or with the one its folder tells: its own chat template, or by the tokenizer's markers.</summary>
    /// <param name="path">A model folder, or a SentencePiece model file.</param>
    /// <param name="named">The user's choice; null: the folder tells.</param>
    /// <param name="say">How the user names one, for messages.</param>
    /// <param name="settings">What a folder's template is given; null: nothing.</param>
    /// <exception cref="InvalidDataException">Nothing tells a template, the folder's own cannot be run, or the vocabulary lacks its end.</exception>
    public static ToldTemplate Load(string path, ChatTemplate? named, string say, TemplateSettings? settings = null)
    {
        bool isFile = File.Exists(path);
        VocabularyTokenizer text = isFile ? SentencePieceBpe.FromModel(path) : TokenizerFolder.Open(path);
        if (isFile && named == null)
            throw Unknown(path, "no folder tells a chat template", say);
        try
        {
            return named != null ? new(ModelTokenizer.For(text, named), say) { Difference = DifferenceOf(path, named, settings) } : Told(path, text, say, settings);
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }

    private static ToldTemplate Told(string folder, VocabularyTokenizer text, string say, TemplateSettings? settings)
    {
        bool isGiven = settings is { AreGiven: true };
        if (FolderTemplate.Read(folder, settings ?? new()) is { } own)
            return !isGiven && ChatTemplate.Known.FirstOrDefault(own.Is) is { } stored ? new(ModelTokenizer.For(text, stored), own.Name)
                : new(ModelTokenizer.ForFolder(text, own), isGiven ? $"the folder, with {settings}" : "the folder");
        if (isGiven)
            throw new InvalidDataException($"{folder} brings no chat template that {settings} could be given to: take templateVariables and templateDate out of the recipe");
        ChatTemplate marked = ChatTemplate.For(text.AddedTokens.Select(token => token.Content).Contains);
        return marked != ChatTemplate.PlainHh ? new(ModelTokenizer.For(text, marked), "the tokenizer's markers")
            : throw Unknown(folder, "there is no chat template, and no markers of a known one are among the tokenizer's tokens", say);
    }

    // one that cannot be run is no fault of a choice against it; a model file has none beside it
    private static string? DifferenceOf(string folder, ChatTemplate named, TemplateSettings? settings)
    {
        try
        {
            return FolderTemplate.Read(folder, settings ?? new()) is { } own && !own.Is(named) ? TemplateProbe.Difference(own, named) : null;
        }
        catch (InvalidDataException e)
        {
            return e.Message;
        }
    }

    private static InvalidDataException Unknown(string path, string why, string say) =>
        new($"{path}: the chat template cannot be told: {why}; name the one to train with by {say}, one of {Names}");
}
