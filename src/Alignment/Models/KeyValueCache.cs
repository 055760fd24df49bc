using static TorchSharp.torch;

namespace Alignment.Models;

/// <summary>Keys (already turned) and values per layer, preallocated as [rows, keyValueHeads, capacity, headWidth].</summary>
internal sealed class KeyValueCache : IKeyValueCache
{
    private readonly Tensor[] _keys;
    private readonly Tensor[] _values;
    private readonly long _capacity;
    private readonly Tensor?[] _tokens; // [rows, 1, capacity, 1] int64

    public KeyValueCache(ModelShape shape, long rows, long capacity, Tensor like)
    {
        (_capacity, _tokens) = (capacity, [null]);
        _keys = [.. Enumerable.Range(0, shape.Layers).Select(_ => Room())];
        _values = [.. Enumerable.Range(0, shape.Layers).Select(_ => Room())];

        Tensor Room() => empty(rows, shape.KeyValueHeads, capacity, shape.HeadWidth, like.dtype, like.device).DetachFromDisposeScope();
    }

    private KeyValueCache(KeyValueCache whole, long first, long count)
    {
        _capacity = whole._capacity;
        Length = whole.Length;
        (_keys, _values, _tokens) = (Part(whole._keys)!, Part(whole._values)!, Part(whole._tokens));

        Tensor?[] Part(Tensor?[] layers) => [.. layers.Select(layer => layer?.narrow(0, first, count).DetachFromDisposeScope())];
    }

    /// <summary>[rows, Length] int64, where they are kept.</summary>
    public Tensor Tokens => _tokens[0]!.narrow(2, 0, Length).flatten(1);

    public long Length { get; private set; }

    /// <summary>Writes the keys and values of a layer behind the held ones; both [rows, keyValueHeads, length, headWidth].</summary>
    /// <returns>Views of all keys and values so far, [rows, keyValueHeads, Length + length, headWidth].</returns>
    public (Tensor Keys, Tensor Values) Append(int layer, Tensor keys, Tensor values)
    {
        long added = keys.shape[2];
        _keys[layer].narrow(2, Length, added).copy_(keys);
        _values[layer].narrow(2, Length, added).copy_(values);
        return (_keys[layer].narrow(2, 0, Length + added), _values[layer].narrow(2, 0, Length + added));
    }

    /// <summary>The same cache, which keeps tokens, too: what they gave can then be computed again.</summary>
    public KeyValueCache WithTokens()
    {
        _tokens[0] = empty(_keys[0].shape[0], 1, _capacity, 1, ScalarType.Int64, _keys[0].device).DetachFromDisposeScope();
        return this;
    }

    /// <summary>Keeps tokens [rows, length] behind the held ones.</summary>
    public void Keep(Tensor tokens) => _tokens[0]!.narrow(2, Length, tokens.shape[1]).copy_(tokens.view(tokens.shape[0], 1, -1, 1));

    /// <summary>Puts the keys and values of another cache in the place of some rows.</summary>
    /// <param name="rows">[replaced] int64.</param>
    /// <param name="by">Holds as many rows and tokens.</param>
    public void Replace(Tensor rows, KeyValueCache by)
    {
        foreach ((Tensor[] own, Tensor[] others) in new[] { (_keys, by._keys), (_values, by._values) })
            for (int layer = 0; layer < own.Length; layer++)
                own[layer].narrow(2, 0, Length).index_copy_(0, rows, others[layer]);
    }

    public IKeyValueCache Rows(long first, long count) => new KeyValueCache(this, first, count);

    public void Advance(long tokens) => Length += tokens;

    /// <exception cref="InvalidOperationException">The tokens do not fit.</exception>
    public void Reserve(long tokens)
    {
        if (Length + tokens > _capacity)
            throw new InvalidOperationException($"the cache holds {Length} of at most {_capacity} tokens, and {tokens} more were given; "
                + "open it with a larger capacity");
    }

    public void KeepRows(Tensor rows)
    {
        foreach (Tensor?[] layers in new Tensor?[][] { _keys, _values, _tokens })
            for (int layer = 0; layer < layers.Length; layer++)
                layers[layer] = layers[layer] is { } held ? Kept(held, rows) : null;
    }

    public void Dispose()
    {
        foreach (Tensor? tensor in _keys.Concat(_values).Concat(_tokens))
            tensor?.Dispose();
    }

    // only the held part is copied; the rest of the new room stays unwritten
    private Tensor Kept(Tensor old, Tensor rows)
    {
        using var scope = NewDisposeScope();
        Tensor room = empty([rows.shape[0], .. old.shape[1..]], old.dtype, old.device);
        room.narrow(2, 0, Length).copy_(old.narrow(2, 0, Length).index_select(0, rows));
        old.Dispose();
        return room.DetachFromDisposeScope();
    }
}
