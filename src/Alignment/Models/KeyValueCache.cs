using static TorchSharp.torch;

namespace Alignment.Models;

/// <summary>Keys (already turned) and values per layer, preallocated as [rows, keyValueHeads, capacity, headWidth].</summary>
internal sealed class KeyValueCache : IKeyValueCache
{
    private readonly Tensor[] _keys;
    private readonly Tensor[] _values;
    private readonly long _capacity;

    public KeyValueCache(ModelShape shape, long rows, long capacity, Tensor like)
    {
        _capacity = capacity;
        _keys = [.. Enumerable.Range(0, shape.Layers).Select(_ => Room())];
        _values = [.. Enumerable.Range(0, shape.Layers).Select(_ => Room())];

        Tensor Room() => empty(rows, shape.KeyValueHeads, capacity, shape.Width / shape.Heads, like.dtype, like.device).DetachFromDisposeScope();
    }

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

    /// <summary>Counts tokens that every layer has appended.</summary>
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
        foreach (Tensor[] layers in new[] { _keys, _values })
            for (int layer = 0; layer < layers.Length; layer++)
                layers[layer] = Kept(layers[layer], rows);
    }

    public void Dispose()
    {
        foreach (Tensor tensor in _keys.Concat(_values))
            tensor.Dispose();
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
