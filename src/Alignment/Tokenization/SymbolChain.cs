namespace Alignment.Tokenization;

/// <summary>
/// The symbols of one word while they merge: always the pair of the lowest rank, leftmost among equals (Sennrich et al. 2016, as SentencePiece and
/// Hugging Face order it). A heap of (rank, position) makes it n log n. One chain is kept for each thread and reused.
/// </summary>
internal sealed class SymbolChain
{
    [ThreadStatic] private static SymbolChain? s_ofThread;

    private int[] _ids = new int[64], _starts = new int[64], _next = new int[64], _previous = new int[64];
    private int[] _ranks = new int[64], _merged = new int[64];
    private ulong[] _heap = new ulong[192];
    private int _heapCount;

    /// <summary>The chain of this thread, emptied.</summary>
    public static SymbolChain OfThread()
    {
        SymbolChain chain = s_ofThread ??= new();
        chain.Count = 0;
        return chain;
    }

    /// <summary>Symbols added; after <see cref="Merge"/> still the number at the start.</summary>
    public int Count { get; private set; }

    /// <summary>The symbol that begins at index <paramref name="index"/>.</summary>
    public int Id(int index) => _ids[index];

    /// <summary>Where the symbol at <paramref name="index"/> starts in the text; for <see cref="Count"/>, see <see cref="Close"/>.</summary>
    public int Start(int index) => _starts[index];

    /// <summary>The index of the symbol after the one at <paramref name="index"/>; <see cref="Count"/> after the last.</summary>
    public int Next(int index) => _next[index];

    /// <summary>Adds a symbol; −1 is a character that no merge knows.</summary>
    public void Add(int id, int start)
    {
        if (Count + 1 == _ids.Length)
            Grow();
        _ids[Count] = id;
        _starts[Count++] = start;
    }

    /// <summary>Says where the text ends, so that every symbol has a length.</summary>
    public void Close(int end) => _starts[Count] = end;

    /// <summary>Merges until no pair is left; then walk from 0 by <see cref="Next"/>.</summary>
    public void Merge(PairTable pairs)
    {
        _heapCount = 0;
        for (int i = 0; i < Count; i++)
            (_previous[i], _next[i]) = (i - 1, i + 1);
        for (int i = 0; i < Count; i++)
            Offer(i, pairs);
        while (_heapCount > 0)
        {
            ulong top = Pop();
            int left = (int)(uint)top;
            // an entry is stale when its symbol is gone or now begins another pair
            if (_ranks[left] != (int)(top >> 32))
                continue;
            int right = _next[left], after = _next[right];
            _ids[left] = _merged[left];
            _ranks[right] = PairTable.NoMerge;
            _next[left] = after;
            if (after < Count)
                _previous[after] = left;
            Offer(left, pairs);
            if (_previous[left] >= 0)
                Offer(_previous[left], pairs);
        }
    }

    private void Offer(int left, PairTable pairs)
    {
        int right = _next[left];
        (_ranks[left], _merged[left]) = right < Count ? pairs.Find(_ids[left], _ids[right]) : (PairTable.NoMerge, -1);
        if (_ranks[left] != PairTable.NoMerge)
            Push(((ulong)(uint)_ranks[left] << 32) | (uint)left);
    }

    private void Push(ulong entry)
    {
        int at = _heapCount++;
        while (at > 0 && _heap[(at - 1) / 2] > entry)
        {
            _heap[at] = _heap[(at - 1) / 2];
            at = (at - 1) / 2;
        }
        _heap[at] = entry;
    }

    private ulong Pop()
    {
        ulong top = _heap[0], last = _heap[--_heapCount];
        int at = 0;
        for (int child = 1; child < _heapCount; child = (2 * at) + 1)
        {
            if (child + 1 < _heapCount && _heap[child + 1] < _heap[child])
                child++;
            if (_heap[child] >= last)
                break;
            _heap[at] = _heap[child];
            at = child;
        }
        _heap[at] = last;
        return top;
    }

    private void Grow()
    {
        int size = 2 * _ids.Length;
        Array.Resize(ref _ids, size);
        Array.Resize(ref _starts, size);
        Array.Resize(ref _next, size);
        Array.Resize(ref _previous, size);
        Array.Resize(ref _ranks, size);
        Array.Resize(ref _merged, size);
        // n − 1 entries at the start and at most two for each of n − 1 merges
        Array.Resize(ref _heap, 3 * size);
    }
}
