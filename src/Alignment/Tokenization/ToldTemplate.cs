namespace Alignment.Tokenization;

/// <summary>A tokenizer with the template that is used, and what said so.</summary>
/// <param name="Tokenizer">With that template.</param>
/// <param name="By">For the log and what is stored.</param>
internal sealed record ToldTemplate(ModelTokenizer Tokenizer, string By)
{
    /// <summary>Names of templates, for messages.</summary>
    public static string Names { get; } = string.Join(", ", ChatTemplate.Known.Select(known => known.Name));

    /// <summary>The tokenizer with a named template, or with the one its folder tells: by a chat template whose texts are those of a known one, or by the tokenizer's markers.</summary>
    /// <param name="path">A model folder, or a SentencePiece model file.</param>
    /// <param name="named">The user's choice; null: the folder tells.</param>
    /// <param name="say">How the user names one, for messages.</param>
    /// <exception cref="InvalidDataException">Nothing tells a template that is known here, or the vocabulary lacks its end.</exception>
    public static ToldTemplate Load(string path, ChatTemplate? named, string say)
    {
        bool isFile = File.Exists(path);
        VocabularyTokenizer text = isFile ? SentencePieceBpe.FromModel(path) : TokenizerFolder.Open(path);
        (ChatTemplate template, string by) = named != null ? (named, say) : isFile ? throw Unknown(path, "no folder tells a chat template", say) : Told(path, text, say);
        try
        {
            return new(ModelTokenizer.For(text, template), by);
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }

    private static (ChatTemplate Template, string By) Told(string folder, VocabularyTokenizer text, string say)
    {
        ChatTemplate marked = ChatTemplate.For(text.AddedTokens.Select(token => token.Content).Contains);
        if (FolderTemplate.Read(folder) is not { } own)
            return marked != ChatTemplate.PlainHh ? (marked, "the tokenizer's markers")
                : throw Unknown(folder, "there is no chat template, and no markers of a known one are among the tokenizer's tokens", say);
        if (ChatTemplate.Known.FirstOrDefault(known => TemplateJinja.Of(known) == own.Text) is { } stored)
            return (stored, own.File);
        ChatTemplate[] candidates = marked != ChatTemplate.PlainHh ? [marked] : [.. ChatTemplate.Known.Where(known => known != ChatTemplate.PlainHh && !known.NeedsMarkers)];
        return candidates.FirstOrDefault(known => own.DifferenceTo(known) == null) is { } same ? (same, own.File)
            : throw Unknown(folder, candidates is [var only] ? $"{own.File} {own.DifferenceTo(only)}" : $"{own.File} is none of the templates known here", say);
    }

    private static InvalidDataException Unknown(string path, string why, string say) =>
        new($"{path}: the chat template cannot be told: {why}; name the one to train with by {say}, one of {Names}");
}
