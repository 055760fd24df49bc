namespace Alignment.Tokenization;

/// <summary>A vocabulary and merges as Hugging Face files spell them, checked and turned into tables.</summary>
internal static class VocabularyTable
{
    /// <summary>The two halves of a line of merges.txt; null where it is none.</summary>
    public static (string Left, string Right)? Merge(string line)
    {
        int space = line.IndexOf(' ');
        return space > 0 && space < line.Length - 1 && line.IndexOf(' ', space + 1) < 0 ? (line[..space], line[(space + 1)..]) : null;
    }

    /// <summary>Tokens by id.</summary>
    /// <exception cref="InvalidDataException">An id is negative, absurd or given twice.</exception>
    public static string?[] Pieces(IEnumerable<KeyValuePair<string, int>> vocabulary, string path)
    {
        List<KeyValuePair<string, int>> tokens = [.. vocabulary.OrderBy(v => v.Value)];
        if (tokens.Count == 0 || tokens[0].Value < 0 || tokens[^1].Value > (2 * tokens.Count) + 1000)
            throw new InvalidDataException(tokens.Count == 0 ? $"{path}: no tokens"
                : $"{path}: {tokens.Count} tokens with ids {tokens[0].Value} … {tokens[^1].Value}");
        string?[] pieces = new string?[tokens[^1].Value + 1];
        foreach ((string token, int id) in tokens)
        {
            if (pieces[id] is { } other && other != token)
                throw new InvalidDataException($"{path}: id {id} is both \"{other}\" and \"{token}\"");
            pieces[id] = token;
        }
        return pieces;
    }

    /// <summary>Tokens by id with added ones.</summary>
    /// <exception cref="InvalidDataException">One has another id in the vocabulary, or another token's id, or an absurd one.</exception>
    public static string?[] With(string?[] pieces, IReadOnlyList<AddedToken> added, string path)
    {
        foreach (AddedToken token in added)
            if (Array.IndexOf(pieces, token.Content) is >= 0 and int id && id != token.Id)
                throw new InvalidDataException($"{path}: \"{token.Content}\" is token {id}, and {token.Id} by the files beside it");
        return added.Count == 0 ? pieces : Pieces(pieces.Index().Where(piece => piece.Item is not null).Select(piece => KeyValuePair.Create(piece.Item!, piece.Index))
            .Concat(added.Select(token => KeyValuePair.Create(token.Content, token.Id))), path);
    }

    /// <summary>The merges by id; their order is their rank.</summary>
    /// <exception cref="InvalidDataException">A merge names a token that the vocabulary lacks.</exception>
    public static PairTable Pairs(Dictionary<string, int> vocabulary, IReadOnlyList<(string Left, string Right)> merges, string path)
    {
        List<(int, int, int, int)> pairs = new(merges.Count);
        foreach ((int rank, (string left, string right)) in merges.Index())
            pairs.Add((Id(left), Id(right), rank, Id(left + right)));
        return new(pairs);

        int Id(string token) => vocabulary.TryGetValue(token, out int id) ? id
            : throw new InvalidDataException($"{path}: merge {pairs.Count + 1} needs \"{token}\", which the vocabulary does not have");
    }
}
