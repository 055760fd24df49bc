using Alignment.Kernels.Attention;
using Alignment.Kernels.LogProbs;
using Alignment.Kernels.Native;
using TorchSharp;
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
        // an array equals itself alone
        IGrouping<(int[] Prompt, bool), int>[] groups =
            [.. Enumerable.Range(0, all.Count).GroupBy(i => (all[i].Prompt, all[i].Prompt.Length + all[i].Response.Length > shortPositions))];
        int scored = all.Sum(sequence => sequence.Response.Length);
        var layout = new Layout(all.Count, scored, tokens: groups.Sum(sharers => sharers.Key.Prompt.Length) + scored);
        foreach (IGrouping<(int[], bool), int> sharers in groups)
        {
            int promptStart = layout.Count;
            foreach ((int order, int sequence) in sharers.Index())
                layout.Add(sequence, all[sequence], order == 0 ? null : promptStart);
        }
        PackedSequences packed = layout.Packed(device, sequences.FirstTokensOn(device));
        return sequences.Collisions ? packed with { Scored = packed.Scored with { Collisions = true } } : packed;
    }

    /// <summary>Packs whole rows, of which nothing is scored token by token and none shares a prompt; a span each, in their order.</summary>
    /// <param name="rows">At least one; none is empty.</param>
    /// <param name="maxLength">Of a longer row the last tokens are kept.</param>
    /// <param name="device">Where the tensors live.</param>
    public static PackedSequences OfRows(IReadOnlyList<int[]> rows, int maxLength, Device device) =>
        Of(new ScoredSequences([.. rows.Select(row => (row[Math.Max(0, row.Length - maxLength)..], Array.Empty<int>()))]), device); // a range is an array of its own

    // numbers are laid where tensors keep them: beside those of a long batch, arrays to copy from would be most of what a training step allocates
    private sealed unsafe class Layout(int sequences, int scored, int tokens)
    {
        private readonly Tensor _tokens = Room(tokens), _positions = Room(tokens);
        private readonly List<PackedSpan> _spans = new(sequences);
        private readonly (int Before, int Start, int[] Ids)[] _responses = new (int, int, int[])[sequences];

        public int Count { get; private set; }

        public void Add(int sequence, (int[] Prompt, int[] Response) ids, int? sharedPrompt)
        {
            int start = Count, first = ids.Prompt.Length;
            if (sharedPrompt is null)
                Lay(ids.Prompt, 0);
            _responses[sequence] = ((sharedPrompt ?? start) + first - 1, Count, ids.Response);
            Lay(ids.Response, first);
            if (Count > start)
                _spans.Add(sharedPrompt is { } prompt ? new(start, Count - start, prompt, first) : new(start, Count - start));
        }

        public PackedSequences Packed(Device device, Tensor? firstTokens)
        {
            Tensor owners = Room(scored), places = Room(scored), targets = Room(scored), counts = Room(sequences);
            Span<long> ownerOf = Numbers(owners), placeOf = Numbers(places), targetOf = Numbers(targets), countOf = Numbers(counts);
            int at = 0;
            for (int sequence = 0; sequence < _responses.Length; sequence++)
            {
                (int before, int start, int[] ids) = _responses[sequence];
                countOf[sequence] = ids.Length;
                for (int i = 0; i < ids.Length; i++, at++)
                    (ownerOf[at], placeOf[at], targetOf[at]) = (sequence, i == 0 ? before : start + i - 1, ids[i]);
            }
            return new(Place(_tokens), Place(_positions), _spans,
                new(Place(owners), Place(places), Place(targets), Place(counts)) { FirstTokens = firstTokens });

            Tensor Place(Tensor values) => device.type == DeviceType.CPU ? values : values.to(device);
        }

        private void Lay(int[] ids, int position)
        {
            Span<long> tokens = Numbers(_tokens), positions = Numbers(_positions);
            foreach (int id in ids)
                (tokens[Count], positions[Count++]) = (id, position++);
        }

        private static Tensor Room(int count) => empty(count, ScalarType.Int64, CPU);

        private static Span<long> Numbers(Tensor values) => new(AtenDispatcher.Longs(values), (int)values.numel());
    }
}
