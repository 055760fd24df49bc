using System.Text;

namespace Alignment.Tokenization;

/// <summary>What a piece of a SentencePiece model is for (the numbers of sentencepiece_model.proto).</summary>
internal enum PieceKind
{
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}

/// <summary>One piece: its text with ▁ for a space, its score and kind.</summary>
internal readonly record struct Piece(string Text, float Score, PieceKind Kind)
{
    /// <summary>▁, which stands for a space inside pieces.</summary>
    public const char Space = '\u2581';
}

/// <summary>The content of a tokenizer.model: a SentencePiece BPE model with identity normalisation.</summary>
internal sealed record SentencePieceModel(string Path, IReadOnlyList<Piece> Pieces)
{
    /// <summary>The longest piece that is read; trainers make pieces of 16 characters unless they are told otherwise.</summary>
    private const int MaxPieceCharacters = 1024;

    private static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);

    /// <summary>Writes a space before the text.</summary>
    public bool AddsDummyPrefix { get; private set; } = true;

    /// <summary>Spells an unknown character in bytes.</summary>
    public bool ByteFallback { get; private set; }

    /// <summary>How an unknown piece is shown.</summary>
    public string UnknownSurface { get; private set; } = " \u2047 ";

    /// <exception cref="InvalidDataException">The file is damaged, or is another kind of model than the one read here.</exception>
    public static SentencePieceModel Read(ReadOnlySpan<byte> file, string path)
    {
        List<Piece> pieces = [];
        SentencePieceModel model = new(path, pieces);
        bool trained = false, normalized = false;
        ProtoReader reader = new(file, path);
        while (reader.Next())
        {
            ProtoReader inner = new(reader.Bytes, path, reader.ContentOffset);
            switch (reader.Field)
            {
                case 1: pieces.Add(model.ReadPiece(inner, pieces.Count)); break;
                case 2: model.ReadTrainer(inner); trained = true; break;
                case 3: model.ReadNormalizer(inner); normalized = true; break;
                default: break; // self-test data, denormaliser of other tools
            }
        }
        if (pieces.Count == 0 || !trained || !normalized)
            throw new InvalidDataException($"{path}: not a whole SentencePiece model: {pieces.Count} pieces, "
                + $"trainer settings {(trained ? "present" : "missing")}, normaliser settings {(normalized ? "present" : "missing")}");
        if (pieces.Count(p => p.Kind == PieceKind.Unknown) != 1)
            throw new InvalidDataException($"{path}: {pieces.Count(p => p.Kind == PieceKind.Unknown)} unknown pieces, exactly one is wanted");
        return model;
    }

    private Piece ReadPiece(ProtoReader reader, int index)
    {
        (string text, float score, PieceKind kind) = ("", 0, PieceKind.Normal);
        while (reader.Next())
        {
            if (reader.Field == 1)
                text = Utf8(reader.Bytes, $"piece {index}");
            else if (reader.Field == 2)
                score = reader.Float;
            else if (reader.Field == 3)
                kind = (PieceKind)reader.Number;
        }
        if (text.Length > MaxPieceCharacters)
            throw new InvalidDataException($"{Path}: piece {index} has {text.Length} characters; at most {MaxPieceCharacters} are read");
        if (text.Length == 0 || kind is < PieceKind.Normal or > PieceKind.Byte || !float.IsFinite(score))
            throw new InvalidDataException(FormattableString.Invariant(
                $"{Path}: piece {index} is \"{text}\" of kind {(int)kind} with score {score}"));
        return kind == PieceKind.Unused
            ? throw new InvalidDataException($"{Path}: piece {index} \"{text}\" is marked unused; models with unused pieces are not read")
            : new(text, score, kind);
    }

    private void ReadTrainer(ProtoReader reader)
    {
        ulong type = 1;
        while (reader.Next())
        {
            if (reader.Field == 3)
                type = reader.Number;
            else if (reader.Field == 35)
                ByteFallback = reader.Number != 0;
            else if (reader.Field == 44)
                UnknownSurface = Utf8(reader.Bytes, "unk_surface");
            else if (reader.Field == 24 && reader.Number != 0)
                throw new InvalidDataException($"{Path}: treat_whitespace_as_suffix is set; only models with a space before the word are read");
        }
        if (type != 2)
            throw new InvalidDataException($"{Path}: model_type is {type}, wanted 2 (BPE)");
    }

    private void ReadNormalizer(ProtoReader reader)
    {
        (bool charsMap, bool removesSpaces, bool escapes) = (false, true, true);
        while (reader.Next())
        {
            charsMap |= reader.Field == 2 && reader.Bytes.Length > 0;
            if (reader.Field == 3)
                AddsDummyPrefix = reader.Number != 0;
            else if (reader.Field == 4)
                removesSpaces = reader.Number != 0;
            else if (reader.Field == 5)
                escapes = reader.Number != 0;
        }
        string? change = charsMap ? "character map" : removesSpaces ? "removes extra spaces" : escapes ? null : "does not escape spaces";
        if (change is not null)
            throw new InvalidDataException($"{Path}: the normaliser changes the text ({change}); only identity normalisation is read");
    }

    private string Utf8(ReadOnlySpan<byte> bytes, string what)
    {
        try
        {
            return s_strict.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidDataException($"{Path}: {what} is not UTF-8", e);
        }
    }
}
