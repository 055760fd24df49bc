using System.Globalization;

namespace Alignment.Tokenization;

/// <summary>
/// What Unicode 9 says about decomposing and composing, from the resource normal-forms.txt. Its lines: classes of marks (0300-0314 @230), pairs that compose
/// (00C0 = 0041 0300), what only decomposes (212B &gt; 00C5), and what does so in the compatible forms alone (FB01 ~ 0066 0069).
/// </summary>
internal sealed class UnicodeRules
{
    private readonly Dictionary<int, int[]> _canonical = [], _compatible = [];
    private readonly Dictionary<(int, int), int> _pairs = [];
    private readonly Dictionary<int, int> _classes = [];

    private UnicodeRules()
    {
        using StreamReader lines = new(typeof(UnicodeRules).Assembly.GetManifestResourceStream("Alignment.Tokenization.normal-forms.txt")!);
        while (lines.ReadLine() is { } line)
            Add(line.Split(' '));
    }

    /// <summary>The rules, read once, where they are first asked for.</summary>
    public static UnicodeRules Instance { get; } = new();

    /// <summary>The class of a mark; 0 of a character that stands by itself.</summary>
    public int Class(int point) => _classes.GetValueOrDefault(point);

    /// <summary>The character that two compose; null where they do not.</summary>
    public int? Composed(int first, int second) => Hangul.Composed(first, second) ?? (_pairs.TryGetValue((first, second), out int whole) ? whole : null);

    /// <summary>Adds what a character decomposes into, or itself.</summary>
    public void Decompose(int point, bool compatible, List<int> parts)
    {
        if (_canonical.TryGetValue(point, out int[]? own) || (compatible && _compatible.TryGetValue(point, out own)))
            foreach (int part in own)
                Decompose(part, compatible, parts);
        else if (!Hangul.Decompose(point, parts))
            parts.Add(point);
    }

    /// <summary>The characters beside Hangul syllables that a form may change, alone or behind another.</summary>
    public IEnumerable<int> Changing(bool compatible, bool composes) => _classes.Keys
        .Concat(compatible ? _compatible.Keys : [])
        .Concat(composes ? _canonical.Keys.Except(_pairs.Values) : _canonical.Keys)
        .Concat(composes ? _pairs.Keys.Select(pair => pair.Item2).Concat(Hangul.Followers) : [])
        .Concat(compatible ? _canonical.Where(one => one.Value.Any(_compatible.ContainsKey)).Select(one => one.Key) : []);

    private void Add(string[] line)
    {
        int[] points = [.. line[0].Split('-').Select(Point)];
        if (line[1][0] == '@')
        {
            for (int point = points[0]; point <= points[^1]; point++)
                _classes[point] = int.Parse(line[1].AsSpan(1), CultureInfo.InvariantCulture);
            return;
        }

        int[] parts = [.. line[2..].Select(Point)];
        (line[1] == "~" ? _compatible : _canonical)[points[0]] = parts;
        if (line[1] == "=")
            _pairs[(parts[0], parts[1])] = points[0];
    }

    private static int Point(string text) => int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}

/// <summary>Hangul syllables: a leading consonant, a vowel and perhaps a trailing consonant, numbered (The Unicode Standard, 3.12).</summary>
internal static class Hangul
{
    /// <summary>The first syllable.</summary>
    public const int First = 0xAC00;

    /// <summary>The number of syllables.</summary>
    public const int Count = Leads * Vowels * Trails;

    private const int FirstLead = 0x1100, FirstVowel = 0x1161, BeforeTrails = 0x11A7, Leads = 19, Vowels = 21, Trails = 28;

    /// <summary>The letters that join what stands before them.</summary>
    public static IEnumerable<int> Followers => Enumerable.Range(FirstVowel, Vowels).Concat(Enumerable.Range(BeforeTrails + 1, Trails - 1));

    /// <summary>The syllable that a syllable or consonant and a letter make; null where they make none.</summary>
    public static int? Composed(int first, int second)
    {
        int lead = first - FirstLead, vowel = second - FirstVowel, trail = second - BeforeTrails, syllable = first - First;
        if (lead is >= 0 and < Leads && vowel is >= 0 and < Vowels)
            return First + (((lead * Vowels) + vowel) * Trails);
        return syllable is >= 0 and < Count && syllable % Trails == 0 && trail is > 0 and < Trails ? first + trail : null;
    }

    /// <summary>Adds the letters of a syllable; false where the character is none.</summary>
    public static bool Decompose(int point, List<int> letters)
    {
        int syllable = point - First;
        if (syllable is < 0 or >= Count)
            return false;
        letters.Add(FirstLead + (syllable / (Vowels * Trails)));
        letters.Add(FirstVowel + (syllable / Trails % Vowels));
        if (syllable % Trails > 0)
            letters.Add(BeforeTrails + (syllable % Trails));
        return true;
    }
}
