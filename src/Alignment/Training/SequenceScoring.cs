using Alignment.Data;
using Alignment.Kernels.LogProbs;
using Alignment.Kernels.Native;
using Alignment.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Training;

/// <summary>
/// Puts sequences through a model. They are packed: no padding is computed, and a pair's prompt once (bench/README.md has the gain). On a GPU that has no
/// attention for packed batches, where one call per sequence would starve the device, they are padded. Both give the same numbers up to rounding.
/// </summary>
internal static class SequenceScoring
{
    // any id: the mask hides it
    internal const int PadToken = 0;

    /// <summary>Sums and counts of each sequence; differentiable unless gradients are off.</summary>
    public static SequenceScores Of(ILanguageModel model, ScoredSequences sequences, Device device)
    {
        CollectionPoint.Pass();
        using var scope = NewDisposeScope();
        return PathOf(model, sequences, device).Scores().Outward();
    }

    /// <summary>As <see cref="Of"/>, in two: the way to the hidden states, and what they are scored by. Both read tensors of the current scope.</summary>
    public static ScoredPath PathOf(ILanguageModel model, ScoredSequences sequences, Device device) =>
        Packs(model, device) ? PackedPath(model, sequences, device) : PaddedPath(model, sequences, device);

    /// <summary>The hidden states of several models of one kind at what is scored, on the way of <see cref="PathOf"/>: [tokens, width] of each, in the current scope.</summary>
    public static (ScoredTokens Scored, Tensor[] Hidden) ScoredStates(IReadOnlyList<ILanguageModel> models, ScoredSequences sequences, Device device)
    {
        if (Packs(models[0], device))
        {
            PackedSequences packed = PackedSequences.Of(sequences, device, models[0].ShortPositions);
            return (packed.Scored, [.. models.Select(model => Aten.Embedding(model.HiddenStates(packed), packed.Scored.Places))]);
        }
        PaddedSequences batch = PaddedSequences.Of(sequences, PadToken, device);
        ScoredTokens scored = ScoredTokens.Of(batch.Labels);
        return (scored, [.. models.Select(model => model.HiddenStates(batch.Tokens, batch.AttentionMask)).Select(hidden => Aten.Embedding(hidden.reshape(-1, hidden.shape[2]), scored.Places))]);
    }

    /// <summary>As <see cref="Of"/>, packed.</summary>
    public static SequenceScores Packed(ILanguageModel model, ScoredSequences sequences, Device device)
    {
        using var scope = NewDisposeScope();
        return PackedPath(model, sequences, device).Scores().Outward();
    }

    /// <summary>As <see cref="Of"/>, padded: the readable twin.</summary>
    public static SequenceScores Padded(ILanguageModel model, ScoredSequences sequences, Device device)
    {
        using var scope = NewDisposeScope();
        return PaddedPath(model, sequences, device).Scores().Outward();
    }

    /// <summary>Whether sequences are packed.</summary>
    private static bool Packs(ILanguageModel model, Device device) => device.type == DeviceType.CPU || model.PackedAttention is not null;

    private static ScoredPath PackedPath(ILanguageModel model, ScoredSequences sequences, Device device)
    {
        PackedSequences packed = PackedSequences.Of(sequences, device, model.ShortPositions);
        return new(model.PathOf(packed), hidden => SequenceLogProbs.Score(hidden, model.LogitHead, packed.Scored));
    }

    private static ScoredPath PaddedPath(ILanguageModel model, ScoredSequences sequences, Device device)
    {
        PaddedSequences batch = PaddedSequences.Of(sequences, PadToken, device);
        return new(model.PathOf(batch.Tokens, batch.AttentionMask), hidden => SequenceLogProbs.Score(hidden, model.LogitHead, batch.Labels, batch.FirstTokens, batch.Collisions));
    }
}

/// <summary>A batch's way through a model, and what its hidden states behind the last norm are scored by.</summary>
/// <param name="Path">The way.</param>
/// <param name="Score">Hidden states → sums and counts of each sequence.</param>
internal sealed record ScoredPath(DecoderPath Path, Func<Tensor, SequenceScores> Score)
{
    /// <summary>All the way at once.</summary>
    public SequenceScores Scores() => Score(Path.Hidden());
}

/// <summary>The sequences of some pairs; the two of a pair hold the same prompt array.</summary>
internal static class PairSequences
{
    /// <summary>Prompt and chosen response of each pair.</summary>
    public static ScoredSequences Sft(IReadOnlyList<TokenizedPair> pairs) => new([.. pairs.Select(p => (p.Prompt, p.Chosen))]);

    /// <summary>Chosen sequences of all pairs, then the rejected ones in the same order.</summary>
    public static ScoredSequences Preference(IReadOnlyList<TokenizedPair> pairs) =>
        new([.. pairs.Select(p => (p.Prompt, p.Chosen)), .. pairs.Select(p => (p.Prompt, p.Rejected))]);

    /// <summary>As <see cref="Preference"/>, with min(n_w, n_l) of each pair as the first tokens of both its sequences.</summary>
    public static ScoredSequences PreferenceWithShared(IReadOnlyList<TokenizedPair> pairs)
    {
        long[] shared = [.. pairs.Select(p => (long)Math.Min(p.Chosen.Length, p.Rejected.Length))];
        return Preference(pairs) with { FirstTokens = [.. shared, .. shared] };
    }
}
