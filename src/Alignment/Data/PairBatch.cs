using static TorchSharp.torch;

namespace Alignment.Data;

/// <summary>Puts sequences into right-padded batches, as long as the longest sequence in them.</summary>
public static class PairBatch
{
    /// <summary>[sequences, length], in their order.</summary>
    /// <param name="sequences">At least one.</param>
    /// <param name="pad">Id on padded positions.</param>
    /// <param name="device">Where the tensors live.</param>
    /// <exception cref="ArgumentException">There are none.</exception>
    public static TokenBatch Collate(PairSequences sequences, int pad, Device device)
    {
        if (sequences.All.Count == 0)
            throw new ArgumentException("a batch needs at least one sequence", nameof(sequences));
        int length = sequences.All.Max(s => s.Prompt.Length + s.Response.Length);
        long[] tokens = new long[sequences.All.Count * length], mask = new long[tokens.Length], labels = new long[tokens.Length];
        Array.Fill(tokens, pad);
        Array.Fill(labels, TokenBatch.Ignored);
        foreach ((int row, (int[] prompt, int[] response)) in sequences.All.Index())
        {
            int at = row * length;
            Array.Fill(mask, 1, at, prompt.Length + response.Length);
            foreach (int id in prompt)
                tokens[at++] = id;
            foreach (int id in response)
                labels[at] = tokens[at++] = id;
        }
        return new(Place(tokens), Place(mask), Place(labels))
        {
            FirstTokens = sequences.FirstTokens is { } first ? tensor((long[])[.. first], device: device) : null,
        };

        Tensor Place(long[] values) => tensor(values, [sequences.All.Count, length], device: device);
    }
}
