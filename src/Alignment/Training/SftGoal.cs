using Alignment.Data;
using Alignment.Kernels.LogProbs;
using Alignment.Models;
using static TorchSharp.torch;

namespace Alignment.Training;

/// <summary>
/// Supervised fine-tuning on the chosen responses: the negative log-likelihood summed over the batch, divided by the batch's response tokens. Each
/// token weighs the same, as in transformers; the divisor is that of the whole batch, so micro-batches do not change it.
/// </summary>
/// <param name="rows">The data; only prompt and chosen response are read.</param>
internal sealed class SftGoal(IReadOnlyList<TokenizedPair> rows) : IPolicyGoal
{
    /// <inheritdoc/>
    public string Name => "SFT";

    /// <inheritdoc/>
    public IReadOnlyList<TokenizedPair> Rows => rows;

    /// <inheritdoc/>
    public long Tokens(int row) => rows[row].Prompt.Length + rows[row].Chosen.Length;

    /// <inheritdoc/>
    public double Divisor(IReadOnlyList<int> batch) => batch.Sum(row => (double)rows[row].Chosen.Length);

    /// <inheritdoc/>
    public ScoredSequences Sequences(IReadOnlyList<int> rows) => PairSequences.Sft([.. rows.Select(row => Rows[row])]);

    /// <inheritdoc/>
    public SummedLoss Loss(SequenceScores scores, IReadOnlyList<int> rows, IReadOnlyList<int> batch)
    {
        using var scope = NewDisposeScope();
        Tensor logProbs = scores.Sums.detach().MoveToOuterDisposeScope();
        return new((-scores.Sums.sum()).MoveToOuterDisposeScope(), [new("logps/chosen", logProbs)]);
    }
}
