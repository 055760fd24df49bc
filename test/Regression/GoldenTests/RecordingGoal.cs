using Alignment.Data;
using Alignment.Kernels.LogProbs;
using Alignment.Models;
using Alignment.Training;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

/// <summary>A goal that keeps the order of its batches' rows and writes down what the trainer's log only has as means.</summary>
internal sealed class RecordingGoal(IPolicyGoal goal) : IPolicyGoal
{
    /// <summary>Every micro-batch, in order.</summary>
    public List<MicroBatch> Seen { get; } = [];

    public string Name => goal.Name;

    public IReadOnlyList<TokenizedPair> Rows => goal.Rows;

    // rows of equal length are not sorted: micro-batches are those of the reference
    public long Tokens(int row) => 1;

    public double Divisor(IReadOnlyList<int> batch) => goal.Divisor(batch);

    public ScoredSequences Sequences(IReadOnlyList<int> rows) => goal.Sequences(rows);

    public SummedLoss Loss(SequenceScores scores, IReadOnlyList<int> rows, IReadOnlyList<int> batch)
    {
        SummedLoss loss = goal.Loss(scores, rows, batch);
        using var scope = NewDisposeScope();
        Seen.Add(new(Numbers(loss.Sum).Single() / rows.Count, Numbers(scores.Counts), loss.Logged.ToDictionary(item => item.Key, item => Numbers(item.Value))));
        return loss;
    }

    private static double[] Numbers(Tensor values) => values.detach().to(ScalarType.Float64).reshape(-1).data<double>().ToArray();
}

/// <summary>One micro-batch as it was trained on.</summary>
/// <param name="Loss">Mean over its pairs.</param>
/// <param name="Counts">Response tokens, chosen first.</param>
/// <param name="Logged">Name → a value for each pair.</param>
internal sealed record MicroBatch(double Loss, double[] Counts, IReadOnlyDictionary<string, double[]> Logged);
