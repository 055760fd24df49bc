using System.Runtime.InteropServices;

namespace Alignment.Data.Parquet;

/// <summary>The values of a column in a row group, taken one after the other.</summary>
/// <param name="values">Those that are not null.</param>
/// <param name="defined">The definition level of each; null: all are there.</param>
/// <param name="repeats">The repetition level of each; null: none repeats.</param>
/// <param name="full">The definition level of a value that is there.</param>
internal sealed class ParquetColumn(Array values, int[]? defined, int[]? repeats, int full)
{
    private static readonly byte[] s_unread = new byte[1]; // an array of its own: all empty texts may share one

    private int _at, _value;

    /// <summary>The definition level of the next value.</summary>
    public int Defined => _at >= Count ? throw Short : defined?[_at] ?? full;

    /// <summary>The repetition level of the next value; 0 where none is left.</summary>
    public int Repeat => _at < repeats?.Length ? repeats[_at] : 0;

    /// <summary>All values have been taken.</summary>
    public bool Ended => _at == Count;

    private int Count => defined?.Length ?? values.Length;

    private static InvalidDataException Short => new("a column has fewer values than rows");

    /// <summary>Steps over one that is null.</summary>
    public void Skip() => _at = _at < Count ? _at + 1 : throw Short;

    /// <summary>Takes the next, which is there: text is UTF-8 or any bytes.</summary>
    public T Next<T>()
    {
        Skip();
        return ((T[])values)[_value++];
    }

    /// <summary>Takes the next text.</summary>
    public ReadOnlySpan<byte> NextText()
    {
        ReadOnlyMemory<byte> text = Next<ReadOnlyMemory<byte>>();
        return MemoryMarshal.TryGetArray(text, out ArraySegment<byte> array) && array.Array == s_unread
            ? throw new InvalidDataException("a page has fewer values than it says") : text.Span;
    }

    /// <summary>Places for texts that are known again while nothing has been read into them.</summary>
    public static ReadOnlyMemory<byte>[] Unread(int count)
    {
        var texts = new ReadOnlyMemory<byte>[count];
        Array.Fill(texts, s_unread);
        return texts;
    }
}
