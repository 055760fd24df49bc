using System.Globalization;

namespace Alignment.Recipes;

/// <summary>One of several processes that share a sweep's points: shard 3 of 16 runs points 2, 18, 34, … (counted from 0).</summary>
internal sealed record Shard(int Index, int Count)
{
    /// <summary>The only shard.</summary>
    public static Shard Whole { get; } = new(1, 1);

    /// <summary>Reads "3/16".</summary>
    /// <exception cref="FormatException">It is not of that form, or the index is not in 1 … count.</exception>
    public static Shard Parse(string text)
    {
        string[] parts = text.Split('/');
        if (parts.Length == 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int count) && index >= 1 && index <= count)
            return new(index, count);
        throw new FormatException($"Shard must be index/count with 1 <= index <= count, such as 3/16, was \"{text}\"");
    }

    /// <summary>The items this shard works on.</summary>
    public IEnumerable<T> Of<T>(IEnumerable<T> items) => items.Where((_, position) => position % Count == Index - 1);
}
