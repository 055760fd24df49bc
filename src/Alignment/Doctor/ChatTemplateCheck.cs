using Alignment.Tokenization;

namespace Alignment.Doctor;

/// <summary>Whether the chat template a model folder brings writes conversations as the template in use does.</summary>
internal static class ChatTemplateCheck
{
    /// <summary>Has both write a few conversations and shows the first difference.</summary>
    /// <param name="folder">A model folder.</param>
    /// <param name="template">The one in use.</param>
    /// <param name="settings">What the folder's template is given.</param>
    public static Verdict Of(string folder, IChatTemplate template, TemplateSettings settings)
    {
        if (template is FolderTemplate used)
        {
            int taken = TemplateProbe.All.Count(probe => probe.Write(used).Text != null);
            return Verdict.Ok($"the folder's chat template ({used.Name}) is used; it takes {taken} of {TemplateProbe.All.Count} kinds of conversation{Refused(used)}");
        }

        if (FolderTemplate.Read(folder, settings) is not { } own)
            return Verdict.Note($"the folder brings no chat template; {template.Name} is used");
        return TemplateProbe.Difference(own, template) is { } difference
            ? Verdict.Warn($"the folder's chat template is another one: {difference}", $"leave the template out to use the folder's own")
            : Verdict.Ok($"the folder's chat template ({own.Name}) and {template.Name} write the same texts");
    }

    private static string Refused(FolderTemplate template) => TemplateProbe.All.Select(probe => probe.Write(template).Refusal is { } refusal ? $"; {probe.What}: {refusal}" : null)
        .OfType<string>().FirstOrDefault() ?? "";
}

/// <summary>Which template a folder's tokenizer is used with.</summary>
internal static class TemplateChoice
{
    /// <summary>The folder's tokenizer with the named template, or with the one the folder tells.</summary>
    /// <param name="folder">A model folder.</param>
    /// <param name="template">A name of <see cref="ChatTemplate.Known"/>, or null.</param>
    /// <param name="settings">What the folder's template is given.</param>
    /// <exception cref="InvalidDataException">Nothing tells a template, or the vocabulary lacks the end of the named one.</exception>
    /// <exception cref="ArgumentException">No template has that name.</exception>
    public static ModelTokenizer Load(string folder, string? template, TemplateSettings settings)
    {
        ChatTemplate? named = template == null ? null : ChatTemplate.Known.FirstOrDefault(known => known.Name == template)
            ?? throw new ArgumentException($"there is no template {template}; known are {ToldTemplate.Names}");
        return ToldTemplate.Load(folder, named, "-p:Template=NAME", settings).Tokenizer;
    }
}
