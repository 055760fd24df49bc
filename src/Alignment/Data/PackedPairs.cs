using System.Buffers;
using System.Collections;
using System.Text.Encodings.Web;
using System.Text.Json;
using ZstdSharp;

namespace Alignment.Data;

/// <summary>
/// Pairs as text in blocks, all but the last packed with zstd; a pair is made anew each time it is asked for. So a million of them take a
/// part of their file's size. Asked for in order, a block is unpacked once.
/// </summary>
internal sealed class PackedPairs : IReadOnlyList<PreferencePair>
{
    // smaller than what the collector takes for large: unpacked ones are many and soon garbage
    private const int BlockBytes = 1 << 16;
    private static readonly JsonSerializerOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly List<byte[]> _packed = [];
    private readonly List<(int Block, int Begin, int Length)> _places = [];
    private byte[] _open = [];
    private Unpacked? _last;

    private PackedPairs()
    {
    }

    /// <inheritdoc/>
    public int Count => _places.Count;

    /// <inheritdoc/>
    public PreferencePair this[int index]
    {
        get
        {
            (int block, int begin, int length) = _places[index];
            return JsonSerializer.Deserialize<PreferencePair>(Block(block).AsSpan(begin, length), s_json)!;
        }
    }

    /// <summary>Takes pairs as they come.</summary>
    public static PackedPairs Of(IEnumerable<PreferencePair> pairs)
    {
        PackedPairs all = new();
        using var packer = new Compressor();
        ArrayBufferWriter<byte> open = new();
        using Utf8JsonWriter writer = new(open, new JsonWriterOptions { Encoder = s_json.Encoder, SkipValidation = true });
        foreach (PreferencePair pair in pairs)
        {
            int begin = open.WrittenCount;
            JsonSerializer.Serialize(writer, pair, s_json);
            writer.Reset(open);
            all._places.Add((all._packed.Count, begin, open.WrittenCount - begin));
            if (open.WrittenCount < BlockBytes)
                continue;
            all._packed.Add(packer.Wrap(open.WrittenSpan).ToArray());
            open.ResetWrittenCount();
            writer.Reset(open);
        }

        all._open = open.WrittenSpan.ToArray();
        return all;
    }

    /// <inheritdoc/>
    public IEnumerator<PreferencePair> GetEnumerator()
    {
        for (int index = 0; index < Count; index++)
            yield return this[index];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    // the block of the pair before is mostly that of this one; two threads may each unpack one
    private byte[] Block(int block)
    {
        if (block == _packed.Count)
            return _open;
        if (_last is { } last && last.Block == block)
            return last.Bytes;
        using var unpacker = new Decompressor();
        byte[] bytes = unpacker.Unwrap(_packed[block]).ToArray();
        _last = new(block, bytes);
        return bytes;
    }

    private sealed record Unpacked(int Block, byte[] Bytes);
}

/// <summary>Some pairs of a list, in its order.</summary>
/// <param name="all">The list.</param>
/// <param name="rows">Which of it.</param>
internal sealed class PairSelection(IReadOnlyList<PreferencePair> all, IReadOnlyList<int> rows) : IReadOnlyList<PreferencePair>
{
    /// <inheritdoc/>
    public int Count => rows.Count;

    /// <inheritdoc/>
    public PreferencePair this[int index] => all[rows[index]];

    /// <inheritdoc/>
    public IEnumerator<PreferencePair> GetEnumerator() => rows.Select(row => all[row]).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
