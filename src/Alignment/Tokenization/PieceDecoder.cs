using System.Text;
using System.Text.Json;

namespace Alignment.Tokenization;

/// <summary>The decoder of a tokenizer.json whose pieces hold ▁: its steps over the pieces, which are joined at the end.</summary>
internal sealed class PieceDecoder : IPieceText
{
    private static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);
    private readonly Func<List<string>, List<string>>[] _steps;

    private PieceDecoder(IEnumerable<Func<List<string>, List<string>>> steps) => _steps = [.. steps];

    /// <exception cref="InvalidDataException">A step is not read; the message names it.</exception>
    public static PieceDecoder Read(IReadOnlyList<JsonElement> steps, string path) => steps.Count == 0
        ? throw new InvalidDataException($"{path}: decoder is null, which is not read")
        : new(steps.Select(step => Step(step, path)));

    public string Decode(IEnumerable<int> ids, Func<int, string> piece) =>
        string.Concat(_steps.Aggregate(ids.Select(piece).ToList(), (pieces, step) => step(pieces)));

    private static Func<List<string>, List<string>> Step(JsonElement step, string path)
    {
        switch (step.Part("type").GetString())
        {
            case "Replace" when NormalizerJson.Read(step, path) is var replace: return pieces => [.. pieces.Select(replace.Apply)];
            case "ByteFallback": return Bytes;
            case "Fuse": return pieces => [string.Concat(pieces)];
            case "Strip": return Strip(NormalizerJson.Text(step, "content"), step.Part("start").GetInt32(), step.Part("stop").GetInt32());
            case "Metaspace": return Spaces(Metaspace.Scheme(step, path) != SpacePrefix.None);
            case var type:
                throw new InvalidDataException(
                $"{path}: decoder {type} is not read; known here: ByteFallback, Fuse, Metaspace, Replace, Sequence, Strip, and ByteLevel alone");
        }
    }

    // a run of bytes that is not UTF-8 as a whole becomes one U+FFFD for each byte
    private static List<string> Bytes(List<string> pieces)
    {
        List<string> texts = [];
        List<byte> bytes = [];
        foreach (string piece in pieces)
        {
            if (BytePiece.Value(piece) is byte value)
            {
                bytes.Add(value);
                continue;
            }

            Flush(bytes, texts);
            texts.Add(piece);
        }

        Flush(bytes, texts);
        return texts;
    }

    private static void Flush(List<byte> bytes, List<string> texts)
    {
        try
        {
            if (bytes.Count > 0)
                texts.Add(s_strict.GetString([.. bytes]));
        }
        catch (DecoderFallbackException)
        {
            texts.AddRange(Enumerable.Repeat("\uFFFD", bytes.Count));
        }

        bytes.Clear();
    }

    private static Func<List<string>, List<string>> Strip(string content, int start, int stop) => pieces => [.. pieces.Select(piece =>
    {
        int from = 0, to = piece.Length;
        for (int i = 0; i < start && content.Length > 0 && piece.AsSpan(from).StartsWith(content, StringComparison.Ordinal); i++)
            from += content.Length;
        for (int i = 0; i < stop && content.Length > 0 && piece.AsSpan(from, to - from).EndsWith(content, StringComparison.Ordinal); i++)
            to -= content.Length;
        return piece[from..to];
    })];

    // the first piece loses the ▁ that encoding wrote
    private static Func<List<string>, List<string>> Spaces(bool prepended) => pieces => [.. pieces.Select((piece, i) =>
        i == 0 && prepended ? piece.Replace("▁", "", StringComparison.Ordinal) : piece.Replace(Piece.Space, ' '))];
}
