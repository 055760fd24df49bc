using System.Buffers;
using System.Text;

namespace Alignment.Tokenization;

/// <summary>What <see cref="SentencePieceBpe"/> needs, from either file format.</summary>
internal sealed record SentencePieceParts : SpacedParts
{
    /// <summary>Symbols are piece ids; from <see cref="InnerFrom"/> on, characters that occur only inside pieces.</summary>
    public required PairTable Pairs { get; init; }

    /// <summary>The first symbol that is no piece.</summary>
    public int InnerFrom { get; init; } = int.MaxValue;

    /// <summary>Symbol of each character.</summary>
    public required IReadOnlyDictionary<Rune, int> Characters { get; init; }

    /// <summary>A run of unknown characters is one token.</summary>
    public bool FusesUnknown { get; init; } = true;

    /// <summary>A word that is a token as it stands is not merged.</summary>
    public bool TakesWholeWords { get; init; }

    /// <summary>With the added tokens that files beside the model declare and it has not.</summary>
    /// <exception cref="InvalidDataException">One has another id in the model, or another piece's.</exception>
    public SentencePieceParts With(IReadOnlyList<AddedToken> declared)
    {
        string prefix = Spacing.Prefix == SpacePrefix.Always ? "▁" : "";
        AddedToken[] further = [.. declared.Where(token => token.Id >= Pieces.Length)
            .Select(token => token.Normalized ? token with { Sought = prefix + token.Content.Replace(' ', Piece.Space) } : token)];
        return this with { Pieces = VocabularyTable.With(Pieces, declared, "tokenizer.model"), Added = [.. Added, .. further] };
    }

    /// <summary>The merges of a SentencePiece model: two neighbours merge when their joined text is a piece, the best score first.</summary>
    public static SentencePieceParts Of(SentencePieceModel model)
    {
        Dictionary<string, int> merging = [];
        for (int id = 0; id < model.Pieces.Count; id++)
            if (model.Pieces[id].Kind is PieceKind.Normal or PieceKind.UserDefined && !merging.TryAdd(model.Pieces[id].Text, id))
                throw new InvalidDataException($"{model.Path}: piece \"{model.Pieces[id].Text}\" is there twice");
        float[] scores = [.. merging.Values.Select(id => model.Pieces[id].Score).Distinct().OrderDescending()];
        Dictionary<float, int> ranks = scores.Index().ToDictionary(s => s.Item, s => s.Index);
        Dictionary<Rune, int> characters = [];
        foreach (Rune rune in merging.Keys.SelectMany(text => text.EnumerateRunes()))
            if (!characters.ContainsKey(rune))
                characters[rune] = merging.TryGetValue(rune.ToString(), out int own) ? own : model.Pieces.Count + characters.Count;
        return new()
        {
            Pieces = [.. model.Pieces.Select(p => p.Text)],
            Pairs = new(Splits(merging, characters, id => ranks[model.Pieces[id].Score])),
            InnerFrom = model.Pieces.Count,
            Characters = characters,
            Bytes = model.ByteFallback ? ByteIds(model) : null,
            Unknown = model.Pieces.Index().First(p => p.Item.Kind == PieceKind.Unknown).Index,
            Added = [.. model.Pieces.Index().Where(p => p.Item.Kind == PieceKind.UserDefined)
                .Select(p => new AddedToken(p.Item.Text, p.Index) { Normalized = true })],
            Spacing = new() { Prefix = model.AddsDummyPrefix ? SpacePrefix.Always : SpacePrefix.None },
            Text = new SentencePieceText(model),
        };
    }

    private static List<(int, int, int, int)> Splits(Dictionary<string, int> merging, Dictionary<Rune, int> characters, Func<int, int> rank)
    {
        List<(int, int, int, int)> pairs = [];
        Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> pieces = merging.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach ((string text, int id) in merging)
            for (int cut = 1; cut < text.Length; cut++)
                if (!char.IsLowSurrogate(text[cut]) && Symbol(text.AsSpan(0, cut)) is int left && Symbol(text.AsSpan(cut)) is int right)
                    pairs.Add((left, right, rank(id), id));
        return pairs;

        int? Symbol(ReadOnlySpan<char> part) => pieces.TryGetValue(part, out int id) ? id
            : Rune.DecodeFromUtf16(part, out Rune rune, out int used) == OperationStatus.Done && used == part.Length ? characters[rune] : null;
    }

    private static int[] ByteIds(SentencePieceModel model)
    {
        int[] ids = [.. Enumerable.Repeat(-1, 256)];
        foreach ((int id, Piece piece) in model.Pieces.Index())
            if (piece.Kind == PieceKind.Byte)
                ids[BytePiece.Value(piece.Text) ?? throw new InvalidDataException(
                    $"{model.Path}: byte piece {id} is \"{piece.Text}\", wanted <0x..>")] = id;
        int missing = Array.IndexOf(ids, -1);
        return missing < 0 ? ids : throw new InvalidDataException($"{model.Path}: byte fallback without a piece for byte 0x{missing:X2}");
    }
}
