using static TorchSharp.torch;

namespace Alignment.Data;

/// <summary>Puts tokenized pairs into right-padded batches, as long as the longest sequence in them.</summary>
public static class PairBatch
{
    /// <summary>Prompt and chosen response of each pair: [pairs, length].</summary>
    /// <param name="pairs">At least one.</param>
    /// <param name="pad">Id on padded positions.</param>
    /// <param name="device">Where the tensors live.</param>
    public static TokenBatch Sft(IReadOnlyList<TokenizedPair> pairs, int pad, Device device) =>
        Collate([.. pairs.Select(p => (p.Prompt, p.Chosen))], pad, device);

    /// <summary>Chosen sequences of all pairs, then the rejected ones in the same order: [2 × pairs, length].</summary>
    /// <param name="pairs">At least one.</param>
    /// <param name="pad">Id on padded positions.</param>
    /// <param name="device">Where the tensors live.</param>
    public static TokenBatch Preference(IReadOnlyList<TokenizedPair> pairs, int pad, Device device) =>
        Collate([.. pairs.Select(p => (p.Prompt, p.Chosen)), .. pairs.Select(p => (p.Prompt, p.Rejected))], pad, device);

    /// <summary>As <see cref="Preference"/>, with min(n_w, n_l) of each pair as <see cref="TokenBatch.FirstTokens"/> of both its sequences.</summary>
    /// <param name="pairs">At least one.</param>
    /// <param name="pad">Id on padded positions.</param>
    /// <param name="device">Where the tensors live.</param>
    public static TokenBatch PreferenceWithShared(IReadOnlyList<TokenizedPair> pairs, int pad, Device device)
    {
        long[] shared = [.. pairs.Select(p => (long)Math.Min(p.Chosen.Length, p.Rejected.Length))];
        return Preference(pairs, pad, device) with { FirstTokens = tensor((long[])[.. shared, .. shared], device: device) };
    }

    /// <summary>Any sequences of prompt and response: [sequences, length].</summary>
    /// <exception cref="ArgumentException">There are none.</exception>
    public static TokenBatch Collate(IReadOnlyList<(int[] Prompt, int[] Response)> sequences, int pad, Device device)
    {
        if (sequences.Count == 0)
            throw new ArgumentException("a batch needs at least one sequence", nameof(sequences));
        int length = sequences.Max(s => s.Prompt.Length + s.Response.Length);
        long[] tokens = new long[sequences.Count * length], mask = new long[tokens.Length], labels = new long[tokens.Length];
        Array.Fill(tokens, pad);
        Array.Fill(labels, TokenBatch.Ignored);
        foreach ((int row, (int[] prompt, int[] response)) in sequences.Index())
        {
            int at = row * length;
            Array.Fill(mask, 1, at, prompt.Length + response.Length);
            foreach (int id in prompt)
                tokens[at++] = id;
            foreach (int id in response)
                labels[at] = tokens[at++] = id;
        }
        return new(Place(tokens), Place(mask), Place(labels));

        Tensor Place(long[] values) => tensor(values, [sequences.Count, length], device: device);
    }
}
