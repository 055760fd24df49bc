using System.Text.Json.Serialization;
using Alignment.Files;

namespace Alignment.Generation;

/// <summary>A prompt to respond to.</summary>
/// <param name="Index">Its index in the whole set of prompts; the response's random numbers depend on it, so shards agree.</param>
/// <param name="Tokens">Prompt ids, including the template's opening of the assistant's turn; at least one.</param>
internal sealed record SamplingPrompt(int Index, int[] Tokens);

/// <summary>A sampled response.</summary>
/// <param name="PromptIndex">The prompt's index in the whole set of prompts.</param>
/// <param name="Tokens">Token ids, the one that ended it included.</param>
/// <param name="Ended">The last token is an end; false: cut at the limit of new tokens.</param>
internal sealed record SampledResponse(int PromptIndex, int[] Tokens, bool Ended)
{
    /// <summary>The tokens before the end: what the response says.</summary>
    [JsonIgnore]
    public ReadOnlyMemory<int> Said => Ended ? Tokens.AsMemory(..^1) : Tokens;
}

/// <summary>A response while it is drawn: its tokens so far and its own stream of draws.</summary>
internal sealed class ResponseInProgress(SamplingPrompt prompt, ulong seed, string stream)
{
    private readonly List<int> _tokens = [];
    private readonly SeededRandom _draws = new(seed, FormattableString.Invariant($"{stream}/{prompt.Index}"));

    public bool Ended { get; private set; }

    /// <summary>Prompt and response so far.</summary>
    public long[] AllTokens => [.. prompt.Tokens, .. _tokens];

    /// <summary>Of the prompt.</summary>
    public int Index => prompt.Index;

    /// <summary>Tokens so far.</summary>
    public int Count => _tokens.Count;

    public int LastToken => _tokens[^1];

    public double NextDraw() => _draws.NextDouble();

    public void Add(int token, IReadOnlySet<int> endTokens)
    {
        _tokens.Add(token);
        Ended = endTokens.Contains(token);
    }

    public SampledResponse Finished() => new(prompt.Index, [.. _tokens], Ended);
}
