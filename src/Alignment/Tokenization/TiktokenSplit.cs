namespace Alignment.Tokenization;

/// <summary>
/// The pre-tokenizer of Llama-3 and Qwen2 by hand (that of OpenAI's cl100k_base), over code points:
/// (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+. Qwen2 takes digits one by one.
/// </summary>
internal static class TiktokenSplit
{
    /// <summary>The regular expression of Qwen2 as its tokenizer.json writes it.</summary>
    public const string Qwen2Pattern = Before + @"\p{N}" + After;

    /// <summary>The regular expression of Llama-3 as its tokenizer.json writes it.</summary>
    public const string Llama3Pattern = Before + @"\p{N}{1,3}" + After;

    private const string Before = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|";
    private const string After = @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>Length of the first word as Qwen2 splits; the text is not empty.</summary>
    public static int Qwen2(ReadOnlySpan<char> text) => First(text, digits: 1);

    /// <summary>Length of the first word as Llama-3 splits; the text is not empty.</summary>
    public static int Llama3(ReadOnlySpan<char> text) => First(text, digits: 3);

    private static int First(ReadOnlySpan<char> text, int digits)
    {
        if (text[0] == '\'' && Contraction(text) is > 0 and int contraction)
            return contraction;
        CharacterClass kind = CharacterClasses.At(text, 0, out int next);
        if (kind == CharacterClass.Letter)
            return End(text, next, CharacterClass.Letter);
        if (kind == CharacterClass.Number)
            return End(text, next, CharacterClass.Number, digits - 1);
        bool isLineEnd = text[0] is '\r' or '\n';
        if (!isLineEnd && Is(text, next, CharacterClass.Letter))
            return End(text, next, CharacterClass.Letter);
        if (kind == CharacterClass.Other || (text[0] == ' ' && Is(text, next, CharacterClass.Other)))
            return LineEnds(text, End(text, next, CharacterClass.Other));
        return Spaces(text);
    }

    // a run of white space ends with its last line end; without one, its last space belongs to the word after it
    private static int Spaces(ReadOnlySpan<char> text)
    {
        int end = End(text, 0, CharacterClass.Space);
        int lineEnd = text[..end].LastIndexOfAny('\r', '\n');
        return lineEnd >= 0 ? lineEnd + 1 : end < text.Length && end > 1 ? end - 1 : end;
    }

    private static int LineEnds(ReadOnlySpan<char> text, int from)
    {
        while (from < text.Length && text[from] is '\r' or '\n')
            from++;
        return from;
    }

    private static bool Is(ReadOnlySpan<char> text, int at, CharacterClass kind) => at < text.Length && CharacterClasses.At(text, at, out _) == kind;

    private static int End(ReadOnlySpan<char> text, int from, CharacterClass kind, int most = int.MaxValue)
    {
        for (; most > 0 && from < text.Length && CharacterClasses.At(text, from, out int next) == kind; most--)
            from = next;
        return from;
    }

    private static int Contraction(ReadOnlySpan<char> text)
    {
        foreach (string ending in (ReadOnlySpan<string>)["s", "t", "re", "ve", "m", "ll", "d"])
            if (text[1..].StartsWith(ending, StringComparison.OrdinalIgnoreCase))
                return 1 + ending.Length;
        return 0;
    }
}
