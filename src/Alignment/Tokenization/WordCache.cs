using System.Collections.Concurrent;

namespace Alignment.Tokenization;

/// <summary>Ids of words met before; bounded, safe for several threads.</summary>
internal sealed class WordCache
{
    private const int Capacity = 1 << 16, LongestWord = 48;
    private readonly ConcurrentDictionary<string, int[]> _words = new();
    private readonly ConcurrentDictionary<string, int[]>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private int _count;

    public WordCache() => _lookup = _words.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Adds the ids of <paramref name="word"/> if they are known.</summary>
    public bool TryAppend(ReadOnlySpan<char> word, List<int> ids)
    {
        if (word.Length > LongestWord || !_lookup.TryGetValue(word, out int[]? known))
            return false;
        ids.AddRange(known.AsSpan());
        return true;
    }

    /// <summary>Remembers the ids from <paramref name="from"/> on as those of <paramref name="word"/>.</summary>
    public void Keep(ReadOnlySpan<char> word, List<int> ids, int from)
    {
        if (word.Length <= LongestWord && _count < Capacity && _lookup.TryAdd(word, [.. ids[from..]]))
            Interlocked.Increment(ref _count);
    }
}
