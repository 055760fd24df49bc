using static TorchSharp.torch;

namespace Alignment.Kernels;

/// <summary>Which labels of a batch are scored. All tensors are [scored] int64, in row order.</summary>
/// <param name="Sequences">Row of each scored label.</param>
/// <param name="Steps">Position of the hidden state that scores it, one before the label.</param>
/// <param name="Places">Index of it in a flattened [sequences, length − 1].</param>
/// <param name="Targets">The label.</param>
internal sealed record ScoredTokens(Tensor Sequences, Tensor Steps, Tensor Places, Tensor Targets)
{
    /// <summary>Finds the scored labels; position 0 is never scored, nothing precedes it.</summary>
    public static ScoredTokens Of(Tensor labels)
    {
        long length = labels.shape[1];
        Tensor next = labels.narrow(1, 1, length - 1);
        Tensor places = next.ne(SequenceLogProbs.Ignored).reshape(-1).nonzero().squeeze(1);
        Tensor sequences = places.div(length - 1, RoundingMode.floor);
        return new(sequences, places - sequences * (length - 1), places, next.reshape(-1).index_select(0, places));
    }

    /// <summary>The hidden states that score something: [sequences, length, width] → [scored, width].</summary>
    public Tensor Rows(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        Tensor flat = hidden.reshape(-1, hidden.shape[2]); // [sequences · length, width]
        return Aten.Embedding(flat, Sequences * hidden.shape[1] + Steps).MoveToOuterDisposeScope();
    }
}
