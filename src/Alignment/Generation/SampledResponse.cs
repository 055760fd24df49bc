namespace Alignment.Generation;

/// <summary>A prompt to respond to.</summary>
/// <param name="Index">Its index in the whole test set; the response's random numbers depend on it, so shards agree.</param>
/// <param name="Tokens">Prompt ids, including the template's opening of the assistant's turn; at least one.</param>
public sealed record SamplingPrompt(int Index, int[] Tokens);

/// <summary>A sampled response.</summary>
/// <param name="PromptIndex">The prompt's index in the whole test set.</param>
/// <param name="Tokens">Token ids, EOS included where it ended.</param>
/// <param name="Ended">The last token is EOS; false: cut at the limit of new tokens.</param>
public sealed record SampledResponse(int PromptIndex, int[] Tokens, bool Ended);
