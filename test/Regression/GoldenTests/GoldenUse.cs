using System.Collections.Concurrent;

namespace Alignment.Tests.Regression;

/// <summary>What the golden tests of this process used of the golden files.</summary>
internal static class GoldenUse
{
    private static readonly ConcurrentDictionary<string, GoldenJson> s_documents = new(StringComparer.Ordinal);
    private static readonly ConcurrentDictionary<string, ConcurrentDictionary<string, bool>> s_tensors = new(StringComparer.Ordinal);
    private static bool s_closed;

    /// <summary>The root of a JSON file, one for all tests.</summary>
    /// <param name="file">Its path below the golden set.</param>
    /// <param name="read">Opens it.</param>
    public static GoldenJson Document(string file, Func<GoldenJson> read) => s_documents.GetOrAdd(file, _ => read());

    /// <summary>The names of a safetensors file → whether a test used the tensor.</summary>
    /// <param name="file">Its path below the golden set.</param>
    /// <param name="names">All of them.</param>
    public static ConcurrentDictionary<string, bool> Tensors(string file, IEnumerable<string> names) =>
        s_tensors.GetOrAdd(file, _ => new(names.Select(name => KeyValuePair.Create(name, false))));

    /// <summary>A test looks into a file.</summary>
    /// <exception cref="InvalidOperationException">The sum was already drawn.</exception>
    public static void Reading()
    {
        if (s_closed)
            throw new InvalidOperationException($"a golden file is read after {nameof(GoldenUseTests)}, which has to be the last golden fixture by name");
    }

    /// <summary>Draws the sum; nothing may be read afterwards.</summary>
    /// <returns>A file that a test opened → what of it no test used, in the order of the file.</returns>
    public static SortedDictionary<string, string[]> Unused()
    {
        SortedDictionary<string, string[]> unused = new(StringComparer.Ordinal);
        foreach ((string file, GoldenJson document) in s_documents)
            unused[file] = [.. document.Unused()];
        foreach ((string file, ConcurrentDictionary<string, bool> names) in s_tensors)
            unused[file] = [.. names.Where(name => !name.Value).Select(name => name.Key).Order(StringComparer.Ordinal)];
        s_closed = true;
        return unused;
    }
}
