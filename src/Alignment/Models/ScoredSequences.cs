using Alignment.Kernels.LogProbs;
using static TorchSharp.torch;

namespace Alignment.Models;

/// <summary>
/// What goes through a model at once: prompts, and the responses to them, whose tokens are scored. <see cref="PackedSequences"/> and
/// <see cref="PaddedSequences"/> lay them out; scores come back in this order from either.
/// </summary>
/// <param name="All">Prompt and response of each; those that hold the same array as their prompt share it.</param>
internal sealed record ScoredSequences(IReadOnlyList<(int[] Prompt, int[] Response)> All)
{
    /// <summary>How many of each sequence's first response tokens are to be summed by themselves too; null for none.</summary>
    public IReadOnlyList<long>? FirstTokens { get; init; }

    /// <summary>Asks for <see cref="SequenceScores.Collisions"/>.</summary>
    public bool Collisions { get; init; }

    /// <summary>[sequences] int64 of <see cref="FirstTokens"/>.</summary>
    internal Tensor? FirstTokensOn(Device device) => FirstTokens is { } first ? tensor((long[])[.. first], device: device) : null;
}

/// <summary>Right-padded rows, as long as the longest sequence: the plain layout.</summary>
/// <param name="Tokens">[sequences, length] int64; length is at least 2, so that something follows the first token.</param>
/// <param name="AttentionMask">[sequences, length] int64, 1 = real token.</param>
/// <param name="Labels">
/// [sequences, length] int64: the token itself on response positions (EOS included), <see cref="SequenceLogProbs.Ignored"/> elsewhere.
/// </param>
internal sealed record PaddedSequences(Tensor Tokens, Tensor AttentionMask, Tensor Labels) : IDisposable
{
    /// <summary>[sequences] int64: <see cref="ScoredSequences.FirstTokens"/>; null for none.</summary>
    public Tensor? FirstTokens { get; private init; }

    /// <inheritdoc cref="ScoredSequences.Collisions"/>
    public bool Collisions { get; private init; }

    /// <summary>Pads sequences, in their order.</summary>
    /// <param name="sequences">At least one.</param>
    /// <param name="pad">Id on padded positions.</param>
    /// <param name="device">Where the tensors live.</param>
    /// <exception cref="ArgumentException">There are none.</exception>
    public static PaddedSequences Of(ScoredSequences sequences, int pad, Device device)
    {
        if (sequences.All.Count == 0)
            throw new ArgumentException("a batch needs at least one sequence", nameof(sequences));
        int length = Math.Max(2, sequences.All.Max(s => s.Prompt.Length + s.Response.Length));
        long[] tokens = new long[sequences.All.Count * length], mask = new long[tokens.Length], labels = new long[tokens.Length];
        Array.Fill(tokens, pad);
        Array.Fill(labels, SequenceLogProbs.Ignored);
        foreach ((int row, (int[] prompt, int[] response)) in sequences.All.Index())
        {
            int at = row * length;
            Array.Fill(mask, 1, at, prompt.Length + response.Length);
            foreach (int id in prompt)
                tokens[at++] = id;
            foreach (int id in response)
                labels[at] = tokens[at++] = id;
        }
        return new(Place(tokens), Place(mask), Place(labels)) { FirstTokens = sequences.FirstTokensOn(device), Collisions = sequences.Collisions };

        Tensor Place(long[] values) => tensor(values, [sequences.All.Count, length], device: device);
    }

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        Tokens.Dispose();
        AttentionMask.Dispose();
        Labels.Dispose();
        FirstTokens?.Dispose();
    }
}
