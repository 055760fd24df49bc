namespace Alignment.Tokenization;

/// <summary>Length of the first word of a text that is not empty.</summary>
internal delegate int FirstWord(ReadOnlySpan<char> text);

/// <summary>
/// GPT-2's pre-tokenizer by hand (Radford et al. 2019, encoder.py):
/// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+, over code points, which .NET's expressions are not.
/// </summary>
internal static class WordSplit
{
    /// <summary>Length of the first word of a text that is not empty.</summary>
    public static int First(ReadOnlySpan<char> text)
    {
        if (text[0] == '\'' && Contraction(text) is > 0 and int contraction)
            return contraction;
        int lead = text[0] == ' ' && text.Length > 1 && CharacterClasses.At(text, 1, out _) != CharacterClass.Space ? 1 : 0;
        CharacterClass kind = CharacterClasses.At(text, lead, out int end);
        while (end < text.Length && CharacterClasses.At(text, end, out int next) == kind)
            end = next;
        // the last space of a run belongs to the word after it
        return kind == CharacterClass.Space && end < text.Length && end > 1 ? end - 1 : end;
    }

    private static int Contraction(ReadOnlySpan<char> text)
    {
        if (text.StartsWith("'re", StringComparison.Ordinal) || text.StartsWith("'ve", StringComparison.Ordinal)
            || text.StartsWith("'ll", StringComparison.Ordinal))
            return 3;
        return text.Length > 1 && text[1] is 's' or 't' or 'm' or 'd' ? 2 : 0;
    }
}
