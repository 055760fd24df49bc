using static TorchSharp.torch;

namespace Alignment.Kernels.LogProbs;

/// <summary>
/// Which tokens of a batch are scored, whatever its layout: its hidden states are one list, [tokens, width]. The first three are [scored] int64,
/// sequence by sequence.
/// </summary>
/// <param name="Sequences">Sequence of each scored token.</param>
/// <param name="Places">Index of the hidden state that scores it: that of the token before it.</param>
/// <param name="Targets">Its id.</param>
/// <param name="Counts">[sequences] int64: scored tokens of each.</param>
internal sealed record ScoredTokens(Tensor Sequences, Tensor Places, Tensor Targets, Tensor Counts)
{
    /// <summary>[sequences] int64: how many of a sequence's first scored tokens are to be summed by themselves too; null for none.</summary>
    public Tensor? FirstTokens { get; init; }

    /// <summary>Asks for <see cref="SequenceScores.Collisions"/>.</summary>
    public bool Collisions { get; init; }

    /// <summary>Of padded rows [sequences, length]; position 0 is never scored, nothing precedes it.</summary>
    /// <param name="labels">[sequences, length] int64; <see cref="SequenceLogProbs.Ignored"/> where nothing is scored.</param>
    internal static ScoredTokens Of(Tensor labels)
    {
        long length = labels.shape[1];
        Tensor next = labels.narrow(1, 1, length - 1), isScored = next.ne(SequenceLogProbs.Ignored);
        Tensor places = isScored.reshape(-1).nonzero().squeeze(1); // in a flattened [sequences, length − 1]
        Tensor sequences = places.div(length - 1, RoundingMode.floor);
        return new(sequences, places + sequences, next.reshape(-1).index_select(0, places), isScored.sum(1));
    }
}
