using Microsoft.ML.Tokenizers;

namespace Alignment.Tokenization;

/// <summary>A tokenizer with what a model needs beside it: the conversation's form and the ids with a meaning.</summary>
/// <param name="Text">Text to ids and back; any of Microsoft.ML.Tokenizers' or of one's own.</param>
/// <param name="Template">How turns are written.</param>
/// <param name="VocabularySize">One more than the highest id.</param>
/// <param name="Eos">Ends a response.</param>
/// <param name="Pad">Fills batches; masked everywhere, so it may equal <paramref name="Eos"/>.</param>
/// <param name="Bos">Begins every prompt; null where the model uses none.</param>
internal sealed partial record ModelTokenizer(Tokenizer Text, IChatTemplate Template, int VocabularySize, int Eos, int Pad, int? Bos)
{
    private static readonly string[] s_fills = ["<|padding|>", "<|pad|>", "<pad>", "<|endoftext|>"];

    /// <summary>Markers that are text like any other inside messages; null: they become tokens there, too.</summary>
    public TextMarkers? TextInMessages { get; init; }

    /// <summary>The markers that messages should not hold; null where the tokenizer does not tell its added tokens.</summary>
    public TextMarkers? Markers() => Text is VocabularyTokenizer known ? new(known, Template, new int?[] { Eos, Pad, Bos }.OfType<int>()) : null;

    /// <summary>This tokenizer with markers inside messages taken as a recipe says.</summary>
    /// <exception cref="ArgumentException">They are to be text, and one is looked for in normalised text, where messages cannot be told apart.</exception>
    public ModelTokenizer With(MarkersInText rule)
    {
        if (rule != MarkersInText.Text)
            return this with { TextInMessages = null };
        return Markers() is { Normalized: { } marker } ? throw new ArgumentException(
            $"the tokenizer looks for {marker} in normalised text, where it cannot be taken as text in messages alone; refuse such rows, or take them as tokens")
            : this with { TextInMessages = Markers(), Template = Template is FolderTemplate folder ? folder with { LocatesMessages = true } : Template };
    }

    /// <summary>Finds the ids with a meaning by their names; a null template is told from the markers.</summary>
    /// <exception cref="ArgumentException">The vocabulary lacks every token that ends a response of the template.</exception>
    public static ModelTokenizer For(VocabularyTokenizer text, ChatTemplate? template)
    {
        template ??= ChatTemplate.For(text.AddedTokens.Select(added => added.Content).Contains);
        int eos = First(text, template.EndTokens) ?? throw new ArgumentException(
            $"the vocabulary has none of the tokens that end a response of template {template.Name}: {string.Join(", ", template.EndTokens)}; "
            + "name the template that the model was trained with, or none where its folder tells its own");
        return new(text, template, text.VocabularySize, eos, First(text, s_fills) ?? eos, template.UsesBos ? First(text, ["<s>", "<|begin_of_text|>"]) : null);
    }

    // merges could spell a marker in a byte-level vocabulary: only added tokens count there
    private static int? First(VocabularyTokenizer text, IEnumerable<string> names) => names
        .Select(name => text.AddedTokens.FirstOrDefault(added => added.Content == name)?.Id ?? (text is SpacedTokenizer ? text.IdOf(name) : null))
        .FirstOrDefault(id => id is not null);

    /// <summary>Ids of a conversation up to and including the opening of the assistant's turn.</summary>
    public int[] EncodePrompt(IReadOnlyList<Message> turns)
    {
        if (Template is FolderTemplate)
            return [.. EncodeWritten(Template.Write(turns, addGenerationPrompt: true))];
        IReadOnlyList<int> ids = Encode(turns, addGenerationPrompt: true);
        return Bos is int bos ? [bos, .. ids] : [.. ids];
    }

    /// <summary>Ids of a conversation as the template writes it, without <see cref="Bos"/>.</summary>
    public IReadOnlyList<int> Encode(IReadOnlyList<Message> turns, bool addGenerationPrompt) => Encode(Template.Write(turns, addGenerationPrompt));

    /// <summary>Ids of a response in a named template, <see cref="Eos"/> included.</summary>
    public int[] EncodeResponse(string text) => [.. EncodeResponse(text, Template.ResponseEnd), Eos];

    /// <summary>Ids of a response that was cut: nothing says that it ended.</summary>
    public int[] EncodeCutResponse(string text) => [.. EncodeResponse(text, end: "")];

    /// <summary>A token as people read it: "&lt;|end|&gt; (32007)", or the id alone where the vocabulary has none.</summary>
    public string NameOf(long id) => (Text as VocabularyTokenizer)?.PieceOrNull(id) is { } piece
        ? FormattableString.Invariant($"{piece} ({id})") : FormattableString.Invariant($"{id}");

    private IReadOnlyList<int> EncodeResponse(string text, string end)
    {
        // SentencePiece writes the space before the first word itself
        string start = Text is VocabularyTokenizer { Prefix: SpacePrefix.Always } && Template.ResponseStart == " " ? "" : Template.ResponseStart;
        return Continued(start, text, end) ?? Encode(new WrittenConversation(start + text + end, [(start.Length, start.Length + text.Length)]), begins: false);
    }

    // SentencePiece writes a space before a text that begins, and none before one that goes on where the prompt's last text ends
    private IReadOnlyList<int>? Continued(string start, string text, string end)
    {
        if (Text is not VocabularyTokenizer { Prefix: SpacePrefix.Always or SpacePrefix.UnlessThere } pieces || Template.ResponseStart.Length > 0)
            return null;
        string before = (Template as ChatTemplate)?.BeforeResponse + start;
        IReadOnlyList<int> prompt = Text.EncodeToIds(before);
        if (prompt.Count == 0 || pieces.AddedTokens.Any(token => token.Id == prompt[^1]))
            return null;
        IReadOnlyList<int> whole = Encode(new WrittenConversation(before + text + end, [(before.Length, before.Length + text.Length)]));
        return whole.Take(prompt.Count).SequenceEqual(prompt) ? [.. whole.Skip(prompt.Count)] : null;
    }

    /// <summary>Ids of a text that the template has written; where it begins with <see cref="Bos"/>, they go on behind that.</summary>
    public IReadOnlyList<int> Encode(WrittenConversation written) => Encode(written, begins: Bos is null);

    private IReadOnlyList<int> Encode(WrittenConversation written, bool begins) => Text is VocabularyTokenizer known
        ? known.EncodeToIds(written, TextInMessages, begins) : Text.EncodeToIds(written.Text);

    /// <summary>The id stands for text; a model's vocabulary may have spare rows behind the tokenizer's, which do not.</summary>
    public bool HasText(int id) => Text is not VocabularyTokenizer known || known.PieceOrNull(id) is not null;

    /// <summary>The text of a response: without EOS, padding, BOS, ids without text, and what the template puts around it.</summary>
    public string Decode(IEnumerable<int> ids)
    {
        string text = Text.Decode(ids.Where(id => id != Eos && id != Pad && id != Bos && HasText(id))) ?? "";
        if (text.StartsWith(Template.ResponseStart, StringComparison.Ordinal))
            text = text[Template.ResponseStart.Length..];
        return text.EndsWith(Template.ResponseEnd, StringComparison.Ordinal) ? text[..^Template.ResponseEnd.Length] : text;
    }
}
