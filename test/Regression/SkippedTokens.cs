using Alignment.Tokenization;

namespace Alignment.Tests.Regression;

/// <summary>What references call skip_special_tokens; the product always shows them.</summary>
internal static class SkippedTokens
{
    /// <summary>The text of the ids without special tokens.</summary>
    public static string DecodeWithoutSpecial(this VocabularyTokenizer tokenizer, IEnumerable<int> ids)
    {
        HashSet<int> special = [.. tokenizer.AddedTokens.Where(token => token.Special).Select(token => token.Id)];
        return tokenizer.Decode(ids.Where(id => !special.Contains(id)));
    }
}
