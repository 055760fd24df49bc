using System.Buffers;
using System.Text;

namespace Alignment.Tokenization;

/// <summary>What <see cref="UnigramTokenizer"/> needs.</summary>
internal sealed record UnigramParts : SpacedParts
{
    /// <summary>The model's pieces, added tokens not among them; of two that are alike the later one.</summary>
    public required IReadOnlyDictionary<string, int> Vocabulary { get; init; }

    /// <summary>The logarithm of each piece's probability, by id.</summary>
    public required double[] Scores { get; init; }
}

/// <summary>
/// The likeliest pieces of each word under a unigram model (Kudo 2018, arXiv 1804.10959; Viterbi's search as Hugging Face tokenizers order it): the sum of
/// their scores is highest, the earliest found among equals. A character that is no piece counts 10 less than the worst; neighbours of that kind are one.
/// Used by T5, XLM-RoBERTa, ALBERT and mBART.
/// </summary>
internal sealed class UnigramTokenizer : SpacedTokenizer
{
    private readonly UnigramParts _parts;
    private readonly PieceTrie _pieces;
    private readonly double _unknownScore;

    internal UnigramTokenizer(UnigramParts parts) : base(parts)
    {
        _parts = parts;
        _pieces = new(parts.Vocabulary);
        _unknownScore = parts.Scores.Min() - 10;
    }

    private protected override int EndOfWord(ReadOnlySpan<char> text) => text.Length;

    private protected override void AppendWord(ReadOnlySpan<char> word, List<int> ids)
    {
        // half a surrogate pair is U+FFFD, which may be a piece
        if (word.IndexOfAnyInRange('\uD800', '\uDFFF') >= 0)
            word = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(word.ToString()));
        Ending[] best = ArrayPool<Ending>.Shared.Rent(word.Length + 1);
        Search(word, best);
        Stack<(int Piece, int End)> way = [];
        for (int end = word.Length; end > 0; end = best[end].Start)
            if (way.Count == 0 || best[end].Piece != _parts.Unknown || way.Peek().Piece != _parts.Unknown)
                way.Push((best[end].Piece, end));
        ArrayPool<Ending>.Shared.Return(best);
        int at = 0;
        foreach ((int piece, int end) in way)
        {
            AppendPiece(word[at..end], piece, ids);
            at = end;
        }
    }

    // the best way to each place: its score, and the last piece with its start
    private void Search(ReadOnlySpan<char> word, Ending[] best)
    {
        best.AsSpan(0, word.Length + 1).Fill(new(double.NegativeInfinity, -1, -1));
        best[0] = new(0, -1, 0);
        for (int start = 0, step; start < word.Length; start += step)
        {
            step = start + 1 < word.Length && char.IsSurrogatePair(word[start], word[start + 1]) ? 2 : 1;
            double before = best[start].Score;
            bool isPiece = false;
            for (int at = start, node = PieceTrie.Root; at < word.Length && (node = _pieces.Next(node, word[at])) >= 0;)
            {
                at++;
                if (_pieces.PieceAt(node) is not (>= 0 and int piece))
                    continue;
                Offer(best, at, new(_parts.Scores[piece] + before, piece, start));
                isPiece |= at - start == step;
            }

            if (!isPiece)
                Offer(best, start + step, new(_unknownScore + before, _parts.Unknown, start));
        }
    }

    private static void Offer(Ending[] best, int end, Ending way)
    {
        if (best[end].Start < 0 || way.Score > best[end].Score)
            best[end] = way;
    }

    private void AppendPiece(ReadOnlySpan<char> text, int id, List<int> ids)
    {
        if (id != _parts.Unknown || _parts.Bytes is not { } bytes || _parts.Vocabulary.ContainsKey(text.ToString()))
        {
            ids.Add(id != _parts.Unknown ? id : _parts.Vocabulary.GetValueOrDefault(text.ToString(), id));
            return;
        }

        byte[] utf8 = new byte[Encoding.UTF8.GetByteCount(text)];
        Encoding.UTF8.GetBytes(text, utf8);
        if (utf8.Any(b => bytes[b] < 0))
            ids.Add(id);
        else
            ids.AddRange(utf8.Select(b => bytes[b]));
    }

    private readonly record struct Ending(double Score, int Piece, int Start);
}
