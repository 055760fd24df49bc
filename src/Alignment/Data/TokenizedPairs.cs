using System.Collections;
using System.Text;

namespace Alignment.Data;

/// <summary>
/// Tokenized pairs in chunks of bytes, seven bits of an id in each: a million pairs take two bytes for most ids and no objects. A pair is made anew each
/// time it is asked for.
/// </summary>
internal sealed class TokenizedPairs : IReadOnlyList<TokenizedPair>
{
    private const int ChunkBytes = 1 << 20;

    private readonly List<byte[]> _chunks = [];
    private readonly List<(int Chunk, int Begin)> _places = [];

    private TokenizedPairs()
    {
    }

    /// <inheritdoc/>
    public int Count => _places.Count;

    /// <inheritdoc/>
    public TokenizedPair this[int index]
    {
        get
        {
            (int chunk, int begin) = _places[index];
            ReadOnlySpan<byte> rest = _chunks[chunk].AsSpan(begin);
            string source = Text(ref rest);
            return new(source, Ids(ref rest), Ids(ref rest), Ids(ref rest), Next(ref rest) == 1, Next(ref rest) == 1);
        }
    }

    /// <summary>Takes pairs as they come.</summary>
    public static TokenizedPairs Of(IEnumerable<TokenizedPair> pairs)
    {
        TokenizedPairs all = new();
        using MemoryStream open = new();
        List<int> begins = [];
        foreach (TokenizedPair pair in pairs)
        {
            begins.Add((int)open.Length);
            Write(open, pair);
            if (open.Length >= ChunkBytes)
                all.Close(open, begins);
        }

        all.Close(open, begins);
        return all;
    }

    /// <inheritdoc/>
    public IEnumerator<TokenizedPair> GetEnumerator()
    {
        for (int index = 0; index < Count; index++)
            yield return this[index];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private void Close(MemoryStream open, List<int> begins)
    {
        foreach (int begin in begins)
            _places.Add((_chunks.Count, begin));
        _chunks.Add(open.ToArray());
        begins.Clear();
        open.SetLength(0);
    }

    private static void Write(MemoryStream to, TokenizedPair pair)
    {
        byte[] source = Encoding.UTF8.GetBytes(pair.Source);
        Write(to, (uint)source.Length);
        to.Write(source);
        foreach (int[] ids in new[] { pair.Prompt, pair.Chosen, pair.Rejected })
        {
            Write(to, (uint)ids.Length);
            foreach (int id in ids)
                Write(to, (uint)id);
        }

        Write(to, pair.ChosenCut ? 1u : 0);
        Write(to, pair.RejectedCut ? 1u : 0);
    }

    private static void Write(MemoryStream to, uint number)
    {
        for (; number > 127; number >>= 7)
            to.WriteByte((byte)(number | 128));
        to.WriteByte((byte)number);
    }

    private static string Text(ref ReadOnlySpan<byte> from)
    {
        int length = Next(ref from);
        string text = Encoding.UTF8.GetString(from[..length]);
        from = from[length..];
        return text;
    }

    private static int[] Ids(ref ReadOnlySpan<byte> from)
    {
        int[] ids = new int[Next(ref from)];
        for (int i = 0; i < ids.Length; i++)
            ids[i] = Next(ref from);
        return ids;
    }

    private static int Next(ref ReadOnlySpan<byte> from)
    {
        (uint number, int used, int shift) = (0, 0, 0);
        do
        {
            number |= (uint)(from[used] & 127) << shift;
            shift += 7;
        }
        while (from[used++] > 127);
        from = from[used..];
        return (int)number;
    }
}
