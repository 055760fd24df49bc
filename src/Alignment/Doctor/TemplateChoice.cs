using Alignment.Tokenization;

namespace Alignment.Doctor;

/// <summary>Which template a folder's tokenizer is used with.</summary>
public static class TemplateChoice
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
