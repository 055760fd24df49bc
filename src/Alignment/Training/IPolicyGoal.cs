using Alignment.Data;
using Alignment.Kernels.LogProbs;
using Alignment.Models;
using static TorchSharp.torch;

namespace Alignment.Training;

/// <summary>What a policy is trained towards: rows of data, and the loss of some of them.</summary>
internal interface IPolicyGoal
{
    /// <summary>"SFT" or the objective's name.</summary>
    string Name { get; }

    /// <summary>The data; a row is one pair (SFT reads its chosen response only), or a labelled response with a mismatched one.</summary>
    IReadOnlyList<TokenizedPair> Rows { get; }

    /// <summary>
    /// A row's loss depends on the other rows of its batch: the trainer then scores the whole batch before it asks for the loss, in one call.
    /// </summary>
    bool CouplesRows => false;

    /// <summary>Real tokens a row puts through the model.</summary>
    long Tokens(int row);

    /// <summary>What the batch's summed loss is divided by; the same however the batch is cut into micro-batches.</summary>
    double Divisor(IReadOnlyList<int> batch);

    /// <summary>The sequences of some rows: the first sequence of every row, then the second.</summary>
    ScoredSequences Sequences(IReadOnlyList<int> rows);

    /// <summary>The summed loss of some rows.</summary>
    /// <param name="scores">Sums and counts of <see cref="Sequences"/>.</param>
    /// <param name="rows">The same rows.</param>
    /// <param name="batch">The optimiser batch they are of.</param>
    SummedLoss Loss(SequenceScores scores, IReadOnlyList<int> rows, IReadOnlyList<int> batch);

    /// <summary>Told after each optimiser step, so many in all.</summary>
    void EndStep(long step)
    {
    }

    /// <summary>As <see cref="ITrainingGoal.State"/>: on every rank the same.</summary>
    IReadOnlyDictionary<string, Tensor> State() => new Dictionary<string, Tensor>();

    /// <summary>As <see cref="ITrainingGoal.Restore"/>.</summary>
    void Restore(IReadOnlyDictionary<string, Tensor> state)
    {
    }
}
