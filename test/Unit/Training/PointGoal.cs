using Alignment.Kernels.Native;
using Alignment.Training;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Training;

/// <summary>
/// A goal whose numbers are worked out by hand: one parameter of two numbers; a row is a point, and the loss of a batch the parameter times the batch's mean point,
/// which is the gradient. It counts its batches and takes the count up again from a checkpoint.
/// </summary>
internal sealed class PointGoal(float[][] points) : ITrainingGoal, IDisposable
{
    public Tensor Weight { get; } = tensor(new[] { 1f, -1f }, requires_grad: true).DetachFromDisposeScope();

    public int Epochs { get; init; } = 1;

    public int BatchSize { get; init; } = 1;

    public double MaxGradientNorm { get; init; } = 1;

    /// <summary>What the trainer is told the norm is, where it is told.</summary>
    public double? KnownNorm { get; init; }

    /// <summary>After so many epochs training ends.</summary>
    public int? EndsAfter { get; init; }

    /// <summary>Called with each batch.</summary>
    public Action<IReadOnlyList<int>> Told { get; init; } = _ => { };

    public long Batches { get; private set; }

    public int EpochsEnded { get; private set; }

    public bool Finished { get; private set; }

    public string Name => "point";

    public IReadOnlyList<string> Sources { get; } = [.. points.Select((_, i) => $"point {i}")];

    public TrainingPlan Plan => new(points.Length, BatchSize)
    {
        Epochs = Epochs,
        Seed = 1,
        Batches = _ => [.. Enumerable.Range(0, points.Length).Chunk(BatchSize)],
        LearningRate = (step, steps) => 0.1 * (step + 1) / steps,
        MaxGradientNorm = MaxGradientNorm,
    };

    public IReadOnlyList<ParameterGroup> Parameters => [new([("w", Weight)], new() { WeightDecay = 0.5 })];

    public long Tokens(int row) => 10 + row;

    public BatchSums AddGradient(IReadOnlyList<int> batch, Action? gather = null)
    {
        using var scope = NewDisposeScope();
        Told(batch);
        Batches++;
        Tensor loss = (Weight * stack(batch.Select(row => tensor(points[row]))).mean([0])).sum();
        loss.backward();
        BackwardFailure.Rethrow();
        gather?.Invoke();
        var sums = new BatchSums();
        sums.Add(new SummedLoss(loss, [new("rows", tensor(batch.Select(row => (float)row).ToArray()))]), 1, batch.Count);
        return sums;
    }

    public bool EndEpoch() => ++EpochsEnded == EndsAfter;

    public double? GradientNorm() => KnownNorm;

    public void Finish() => Finished = true;

    public IReadOnlyDictionary<string, Tensor> State() => new Dictionary<string, Tensor> { ["batches"] = tensor(new[] { Batches }) };

    public void Restore(IReadOnlyDictionary<string, Tensor> state) => Batches = state["batches"].item<long>();

    public void Dispose() => Weight.Dispose();
}
