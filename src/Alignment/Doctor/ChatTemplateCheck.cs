using Alignment.Tokenization;

namespace Alignment.Doctor;

/// <summary>Whether the chat template a model folder brings writes the texts of the template in use; it is not run.</summary>
internal static class ChatTemplateCheck
{
    /// <summary>Compares them and shows the first difference.</summary>
    /// <param name="folder">A model folder.</param>
    /// <param name="template">The one in use.</param>
    public static Verdict Of(string folder, ChatTemplate template)
    {
        if (FolderTemplate.Read(folder) is not { } own)
            return Verdict.Note($"the folder brings no chat template; {template.Name} is used");
        return own.DifferenceTo(template) is { } difference
            ? Verdict.Warn($"the folder's chat template ({own.File}) {difference}", $"use the one the model was trained with")
            : Verdict.Ok($"the folder's chat template ({own.File}) and {template.Name} write the same texts");
    }
}

/// <summary>Which template a folder's tokenizer is used with.</summary>
internal static class TemplateChoice
{
    /// <summary>The folder's tokenizer with the named template, or with the one the folder tells.</summary>
    /// <param name="folder">A model folder.</param>
    /// <param name="template">A name of <see cref="ChatTemplate.Known"/>, or null.</param>
    /// <exception cref="InvalidDataException">Nothing tells a template, or the vocabulary lacks the end of the named one.</exception>
    /// <exception cref="ArgumentException">No template has that name.</exception>
    public static ModelTokenizer Load(string folder, string? template)
    {
        ChatTemplate? named = template == null ? null : ChatTemplate.Known.FirstOrDefault(known => known.Name == template)
            ?? throw new ArgumentException($"there is no template {template}; known are {ToldTemplate.Names}");
        return ToldTemplate.Load(folder, named, "-p:Template=NAME").Tokenizer;
    }
}
