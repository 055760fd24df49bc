using Alignment.Data;
using Alignment.Kernels.LogProbs;
using Alignment.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Training;

/// <summary>
/// Puts sequences through a model. On the CPU they are packed: no padding is computed, and a pair's prompt once (bench/README.md has the gain). On a
/// GPU, where one attention call per sequence would starve the device, they are padded. Both give the same numbers up to rounding.
/// </summary>
internal static class SequenceScoring
{
    // any id: the mask hides it
    private const int PadToken = 0;

    /// <summary>Sums and counts of each sequence; differentiable unless gradients are off.</summary>
    public static SequenceScores Of(ILanguageModel model, PairSequences sequences, Device device) =>
        device.type == DeviceType.CPU ? Packed(model, sequences, device) : Padded(model, sequences, device);

    /// <summary>As <see cref="Of"/>, packed.</summary>
    public static SequenceScores Packed(ILanguageModel model, PairSequences sequences, Device device)
    {
        using var scope = NewDisposeScope();
        PackedSequences packed = PackedSequences.Of(sequences.All, device);
        Tensor? first = sequences.FirstTokens is { } counts ? tensor((long[])[.. counts], device: device) : null;
        return SequenceLogProbs.Score(model.HiddenStates(packed), model.Head, packed.Labels with { FirstTokens = first }).Outward();
    }

    /// <summary>As <see cref="Of"/>, padded: the readable twin.</summary>
    public static SequenceScores Padded(ILanguageModel model, PairSequences sequences, Device device)
    {
        using var scope = NewDisposeScope();
        TokenBatch batch = PairBatch.Collate(sequences, PadToken, device);
        Tensor hidden = model.HiddenStates(batch.Tokens, batch.AttentionMask);
        return SequenceLogProbs.Score(hidden, model.Head, batch.Labels, batch.FirstTokens).Outward();
    }
}
