namespace Alignment.Kernels.Attention;

/// <summary>
/// A run of tokens in a packed batch, where sequences lie one behind another without padding. Its tokens see each other causally and, before that,
/// all tokens of a prompt that lies before it in the batch: so two responses to one prompt need it only once. Spans that share a prompt follow the
/// one that holds it.
/// </summary>
/// <param name="Start">Index of its first token; spans lie in order and leave no gap.</param>
/// <param name="Length">Its tokens, ≥ 1.</param>
/// <param name="PromptStart">Index of the first token of the prompt; not read where there is none.</param>
/// <param name="PromptLength">Tokens of the prompt; 0 where the span holds its whole sequence.</param>
internal readonly record struct PackedSpan(long Start, long Length, long PromptStart = 0, long PromptLength = 0)
{
    /// <summary>Tokens that its last one sees, itself included.</summary>
    public long Keys => PromptLength + Length;
}
