namespace Alignment.Tokenization;

/// <summary>What becomes of a marker of the tokenizer that stands inside a message's text.</summary>
internal enum MarkersInText
{
    /// <summary>Its row is faulty.</summary>
    Refuse,

    /// <summary>It is text like any other and tokenised as such (transformers: split_special_tokens).</summary>
    Text,

    /// <summary>It becomes the marker's token, as transformers does unless told otherwise.</summary>
    Tokens,
}

/// <summary>
/// The added tokens of a vocabulary that mean something: the special ones, those that the template writes, and those that begin, end and fill. Runs of
/// spaces and words that are added tokens too are none.
/// </summary>
internal sealed class TextMarkers
{
    private readonly AddedTokens _search;
    private readonly HashSet<int> _ids;

    /// <summary>Of a tokenizer used with a template.</summary>
    public TextMarkers(VocabularyTokenizer tokenizer, IChatTemplate template, IEnumerable<int> ids)
    {
        HashSet<int> meant = [.. ids];
        AddedToken[] markers = [.. tokenizer.AddedTokens.Where(token => !string.IsNullOrWhiteSpace(token.Content)
            && (token.Special || meant.Contains(token.Id) || template.Writes(token.Content)))];
        (_search, _ids) = (new(markers.Select(token => token with { Sought = token.Content })), [.. markers.Select(token => token.Id)]);
        Normalized = markers.FirstOrDefault(token => token.Normalized)?.Content;
    }

    /// <summary>A marker that is looked for in normalised text, or null.</summary>
    public string? Normalized { get; }

    /// <summary>The first marker in a text, or null.</summary>
    public string? FirstIn(string text) => _search.Next(text, 0).Token?.Content;

    /// <summary>The id is that of a marker.</summary>
    public bool Has(int id) => _ids.Contains(id);
}
