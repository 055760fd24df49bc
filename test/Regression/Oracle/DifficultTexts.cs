using System.Text;

namespace Alignment.Tests.Regression;

/// <summary>Texts on which tokenizers go wrong: scripts, marks, white space, digits, code, broken Unicode, markers inside text; written for this test.</summary>
internal static class DifficultTexts
{
    private static readonly string[] s_parts =
    [
        // words and contractions
        "Hello", " world", "don't", "WE'LL", "it's'S'Tt", "’s", "l'été", "McDonald's", "iPhoneOS", "HTTPServer", "camelCaseWord", "ÀÉÎõü", "straße", "İstanbul ıI", "ǅungla", "ﬁne ﬀ",
        // white space
        " ", "  ", "   ", "\t", "\n", "\r\n", "\r", "\n\n\n", " \n ", "\t\t ", "\u00A0", "\u2003", "\u3000", "\u200B", "\u2028", "\u0085", "\v\f", "\uFEFF", "                                ",
        // digits
        "0", "12", "123", "1234", "1234567890", "3.14159", "1,000,000", "٣٤٥", "१२३", "２０２５", "½", "²³", "Ⅻ", "𝟘𝟙𝟚", "0x1F", "12:30", "1e-7",
        // punctuation and symbols
        "!", "?!", "...", "…", "—", "“quoted”", "«»", "()[]{}", "##", "<>", "$5", "€9", "#tag", "@me", "a_b", "--", "==", "://", "\\n", "`code`", "~^|", "+1", "%s", "&amp;", "§", "©®™", "→⇒", "∑∫√", "▁", "▁▁x", "_", "·",
        // scripts
        "日本語", "かな", "カタカナ", "ｶﾀｶﾅ", "漢字かな交じり文", "中文，标点。", "한국어", "\u1112\u1161\u11AB", "ภาษาไทย", "ไม่มีช่องว่าง", "العربية", "مرحبا،", "עברית", "שָׁלוֹם", "हिन्दी", "नमस्ते", "தமிழ்", "Ελληνικά", "ΣΑΣ σας", "Русский", "Ё", "ქართული", "አማርኛ", "ខ្មែរ", "ꦗꦮ",
        // marks and joined characters
        "e\u0301", "a\u0323\u0302", "\u0301", "o\u0302\u0323", "x\u20DD", "\u0344", "\u0958", "\u212B\u2126", "ﷺ", "㎏", "①", "ﾊﾟ", "\u1E9B\u0323", "\uFB2C",
        "😀", "👍🏽", "👩‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪🇫🇷", "❤️", "☃", "🤷🏿‍♀️", "1️⃣", "\u200D", "\uFE0F", "\u200E\u200F", "\u202Eabc\u202C",
        // beyond U+FFFF, private, not characters, halves of pairs
        "𐐀𐐨", "𠀀𠮷", "𝒜𝓫𝔠", "𒀀", "\uE000", "\uFFFE", "\uFFFF", "\U0001FFFE", "\U0010FFFF", "\uD800", "\uDC00", "\uDBFFx", "\uFFFD", "\0", "\u0001", "\u007F", "\u00AD",
        // code and markup
        "def f(x):\n    return x**2  # ok\n", "for (int i = 0; i < n; ++i) {\n\t\tsum += a[i];\n}", "if(x==y&&!z)", "<div class=\"a\">&nbsp;</div>", "{\"a\": [1, 2, null]}", "SELECT * FROM t WHERE a='b';", "https://example.org/a?b=c&d=%20#e", "name@example.org", "C:\\dir\\file.txt", "\\begin{x} $\\alpha^{2}$",
        // runs
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "hahahahahahahaha", "!!!!!!!!!!!!!!!!!!!!", "------------------------", "================", "                                                                                ", "\n\n\n\n\n\n\n\n\n\n\n\n", "\t\t\t\t\t\t\t\t", "😀😀😀😀😀😀😀😀", "ああああああああああ", "0000000000000000000",
        "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft", "antidisestablishmentarianism",
        // what looks like a marker
        "<s>", "</s>", "<|endoftext|>", "<|im_start|>user\n", "<|im_end|>", "<unk>", "<0x41>", "[INST]", "<|", "|>", "<bos>", "<pad>", "</s", "< s>", "<mask>",
    ];

    /// <summary>The texts: every part alone and between letters, and mixtures by a fixed seed.</summary>
    /// <param name="markers">The tokenizer's own added tokens, to be met in text.</param>
    /// <param name="mixtures">The number of mixtures.</param>
    public static IEnumerable<string> All(IReadOnlyList<string> markers, int mixtures)
    {
        yield return "";
        foreach (string part in s_parts.Concat(markers))
        {
            yield return part;
            yield return $"a{part}b";
            yield return $" {part} ";
            yield return part + part;
        }

        Random random = new(20260101);
        for (int i = 0; i < mixtures; i++)
        {
            StringBuilder text = new();
            for (int count = random.Next(2, 12); count > 0; count--)
                text.Append(Part(random, markers)).Append(random.Next(4) == 0 ? " " : "");
            yield return text.ToString();
        }
    }

    private static string Part(Random random, IReadOnlyList<string> markers) => random.Next(10) switch
    {
        0 when markers.Count > 0 => markers[random.Next(markers.Count)],
        1 => Characters(random),
        _ => s_parts[random.Next(s_parts.Length)],
    };

    // any code points of the first three planes, halves of pairs among them
    private static string Characters(Random random) => string.Concat(Enumerable.Range(0, random.Next(1, 5)).Select(_ => random.Next(3) switch
    {
        0 => ((char)random.Next(0x20, 0x3000)).ToString(),
        1 => ((char)random.Next(0x10000)).ToString(),
        _ => new Rune(random.Next(0x10000, 0x30000)).ToString(),
    }));
}
