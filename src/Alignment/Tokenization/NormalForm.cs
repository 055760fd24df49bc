using System.Buffers;
using System.Collections.Concurrent;
using System.Text;

namespace Alignment.Tokenization;

/// <summary>
/// One of Unicode's normal forms (UAX #15), by the rules of Unicode 9, which Hugging Face tokenizers keep to: the same on every machine, be its ICU newer
/// or absent. Hangul syllables are computed, all else stands in <see cref="UnicodeRules"/>.
/// </summary>
internal sealed class NormalForm
{
    private static readonly ConcurrentDictionary<string, NormalForm> s_forms = new();
    private readonly UnicodeRules _rules = UnicodeRules.Instance;
    private readonly bool _compatible, _composes;
    private readonly SearchValues<char> _changing; // for a code point beyond U+FFFF its first half stands

    private NormalForm(string name, bool compatible, bool composes)
    {
        (Name, _compatible, _composes) = (name, compatible, composes);
        _changing = SearchValues.Create([.. _rules.Changing(compatible, composes).Select(c => new Rune(c).ToString()[0]).Distinct(),
            .. composes ? "" : string.Concat(Enumerable.Range(Hangul.First, Hangul.Count).Select(c => (char)c))]);
    }

    /// <summary>The form of a name: NFC, NFD, NFKC or NFKD; null where it is none.</summary>
    public static NormalForm? Of(string? name) => name is "NFC" or "NFD" or "NFKC" or "NFKD"
        ? s_forms.GetOrAdd(name, static name => new(name, name.Contains('K', StringComparison.Ordinal), name[^1] == 'C')) : null;

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>The text in this form; itself where nothing changes.</summary>
    public string Apply(string text)
    {
        int next = text.AsSpan().IndexOfAny(_changing);
        if (next < 0)
            return text;
        StringBuilder normal = new(text.Length + 16);
        int at = 0;
        while (next >= 0)
        {
            int start = Before(text, next, at), end = next;
            while (end < text.Length && _changing.Contains(text[end]))
                end += char.IsSurrogatePair(text, end) ? 2 : 1;
            normal.Append(text, at, start - at);
            foreach (int point in Normal(text.AsSpan(start, end - start)))
                normal.Append(new Rune(point).ToString());
            at = end;
            int skip = text.AsSpan(at).IndexOfAny(_changing);
            next = skip < 0 ? -1 : at + skip;
        }

        return normal.Append(text, at, text.Length - at).ToString();
    }

    // the character before may take part, such as the letter under an accent
    private static int Before(string text, int place, int least) => place == least ? place
        : place - 2 >= least && char.IsSurrogatePair(text, place - 2) ? place - 2 : place - 1;

    private List<int> Normal(ReadOnlySpan<char> text)
    {
        List<int> points = new(text.Length + 8);
        foreach (Rune rune in text.EnumerateRunes())
            _rules.Decompose(rune.Value, _compatible, points);
        // marks are ordered by class, those of one class stay as they are
        for (int i = 1; i < points.Count; i++)
            for (int j = i; j > 0 && _rules.Class(points[j]) is > 0 and int mark && _rules.Class(points[j - 1]) > mark; j--)
                (points[j - 1], points[j]) = (points[j], points[j - 1]);
        return _composes ? Composed(points) : points;
    }

    private List<int> Composed(List<int> points)
    {
        List<int> composed = new(points.Count);
        int starter = -1, last = 0;
        foreach (int point in points)
        {
            int mark = _rules.Class(point);
            bool blocked = composed.Count - 1 != starter && last >= mark;
            if (starter >= 0 && !blocked && _rules.Composed(composed[starter], point) is { } whole)
            {
                composed[starter] = whole;
                continue;
            }

            if (mark == 0)
                starter = composed.Count;
            last = mark;
            composed.Add(point);
        }

        return composed;
    }
}
