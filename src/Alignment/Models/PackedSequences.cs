using Alignment.Kernels.Attention;
using Alignment.Kernels.LogProbs;
using static TorchSharp.torch;

namespace Alignment.Models;

/// <summary>
/// Sequences of prompt and response laid one behind another: nothing is padded, and responses to one prompt stand behind a single copy of it.
/// Scoring a pair's two responses then costs prompt + chosen + rejected tokens.
/// </summary>
/// <param name="Tokens">[tokens] int64.</param>
/// <param name="Positions">[tokens] int64: place of each token in its own sequence, from 0.</param>
/// <param name="Spans">Which tokens see which.</param>
/// <param name="Scored">The response tokens.</param>
internal sealed record PackedSequences(Tensor Tokens, Tensor Positions, IReadOnlyList<PackedSpan> Spans, ScoredTokens Scored)
{
    /// <summary>What computes attention; null for what serves the model's device.</summary>
    internal IVariableLengthOperator? Attention { get; init; }

    /// <summary>Packs sequences; those that hold the same array as their prompt share it.</summary>
    /// <param name="sequences">At least one; no prompt is empty.</param>
    /// <param name="device">Where the tensors live.</param>
    /// <param name="shortPositions"><see cref="ILanguageModel.ShortPositions"/>: a longer sequence shares no prompt with one that is not.</param>
    /// <exception cref="ArgumentException">There is none, or a prompt is empty.</exception>
    public static PackedSequences Of(ScoredSequences sequences, Device device, long? shortPositions = null)
    {
        IReadOnlyList<(int[] Prompt, int[] Response)> all = sequences.All;
        if (all.Count == 0 || all.Any(sequence => sequence.Prompt.Length == 0))
            throw new ArgumentException($"packing needs at least one sequence, and no empty prompt; {all.Count} were given", nameof(sequences));
        var layout = new Layout(all.Count);
        // an array equals itself alone
        foreach (IGrouping<(int[], bool), int> sharers in Enumerable.Range(0, all.Count).GroupBy(i => (all[i].Prompt, all[i].Prompt.Length + all[i].Response.Length > shortPositions)))
        {
            int promptStart = layout.Tokens.Count;
            foreach ((int order, int sequence) in sharers.Index())
                layout.Add(sequence, all[sequence], order == 0 ? null : promptStart);
        }
        return layout.Packed(device, sequences.FirstTokensOn(device));
    }

    private sealed class Layout(int sequences)
    {
        private readonly List<long> _positions = [];
        private readonly List<PackedSpan> _spans = [];
        private readonly (int Before, int Start, int[] Ids)[] _responses = new (int, int, int[])[sequences];

        public List<long> Tokens { get; } = [];

        public void Add(int sequence, (int[] Prompt, int[] Response) ids, int? sharedPrompt)
        {
            int start = Tokens.Count, first = ids.Prompt.Length;
            int[] own = sharedPrompt is null ? [.. ids.Prompt, .. ids.Response] : ids.Response;
            int position = sharedPrompt is null ? 0 : first;
            _responses[sequence] = ((sharedPrompt ?? start) + first - 1, Tokens.Count + own.Length - ids.Response.Length, ids.Response);
            foreach (int id in own)
            {
                Tokens.Add(id);
                _positions.Add(position++);
            }
            if (own.Length > 0)
                _spans.Add(sharedPrompt is { } prompt ? new(start, own.Length, prompt, first) : new(start, own.Length));
        }

        public PackedSequences Packed(Device device, Tensor? firstTokens)
        {
            long[] sequence = [.. _responses.SelectMany((response, i) => Enumerable.Repeat((long)i, response.Ids.Length))];
            long[] places = [.. _responses.SelectMany(response => response.Ids.Select((_, i) => i == 0 ? response.Before : response.Start + i - 1L))];
            long[] targets = [.. _responses.SelectMany(response => response.Ids.Select(id => (long)id))];
            long[] counts = [.. _responses.Select(response => (long)response.Ids.Length)];
            return new(Place([.. Tokens]), Place([.. _positions]), _spans,
                new(Place(sequence), Place(places), Place(targets), Place(counts)) { FirstTokens = firstTokens });

            Tensor Place(long[] values) => tensor(values, device: device);
        }
    }
}
