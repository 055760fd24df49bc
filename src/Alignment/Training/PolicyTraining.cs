using Alignment.Kernels.LogProbs;
using Alignment.Kernels.Native;
using Alignment.Models;
using static TorchSharp.torch;

namespace Alignment.Training;

/// <summary>A policy in training: its parameters in one group, its goal's rows in shuffled batches.</summary>
internal sealed class PolicyTraining(ILanguageModel model, IPolicyGoal goal, TrainingSettings settings, SpeedSettings speed) : ITrainingGoal
{
    private readonly BatchGradient _gradient = new(model, goal, speed);

    public string Name => goal.Name;

    public IReadOnlyList<string> Sources { get; } = [.. goal.Rows.Select(row => row.Source)];

    public TrainingPlan Plan { get; } = TrainingPlan.Shuffled(goal.Rows.Count, settings.Checked());

    public IReadOnlyList<ParameterGroup> Parameters => [new([.. model.Trained.Select(item => (item.Key, item.Value))], settings.Rates())];

    public long Tokens(int row) => goal.Tokens(row);

    public BatchSums AddGradient(IReadOnlyList<int> batch, Action? gather = null) => _gradient.Add(batch, gather);

    public void EndStep(long step) => goal.EndStep(step);

    public IReadOnlyDictionary<string, Tensor> State() => goal.State();

    public void Restore(IReadOnlyDictionary<string, Tensor> state) => goal.Restore(state);
}

/// <summary>
/// Adds the gradient of a batch's loss to the model's parameters, in micro-batches of rows of like length; the result does not depend on them up to
/// rounding, and not at all on whether activations are computed again.
/// </summary>
internal sealed class BatchGradient(ILanguageModel model, IPolicyGoal goal, SpeedSettings speed)
{
    /// <summary>Forward and backward passes of the whole batch.</summary>
    /// <param name="batch">Rows.</param>
    /// <param name="gather">As in <see cref="ITrainingGoal.AddGradient"/>.</param>
    /// <exception cref="NotFiniteNumberException">The loss is NaN or infinite.</exception>
    public BatchSums Add(IReadOnlyList<int> batch, Action? gather = null)
    {
        int[][] parts = Parts(batch, goal, speed);
        return goal.CouplesRows && parts.Length > 1 ? Coupled(parts, batch, gather) : Separate(parts, batch, gather);
    }

    /// <summary>A batch's micro-batches: rows of like length, one for each rank at least where there are rows for it.</summary>
    public static int[][] Parts(IReadOnlyList<int> batch, IPolicyGoal goal, SpeedSettings speed) =>
        [.. MicroBatches.Of(batch.OrderByDescending(goal.Tokens), goal.Tokens,
            speed with { MicroBatch = speed.RowsAtOnce(batch.Count) })];

    // each part's loss is divided by the whole batch's divisor
    private BatchSums Separate(int[][] parts, IReadOnlyList<int> batch, Action? gather)
    {
        double divisor = goal.Divisor(batch);
        var sums = new BatchSums();
        foreach (int[] rows in parts)
            Carry(rows, gather, scores =>
            {
                SummedLoss loss = goal.Loss(scores, rows, batch);
                sums.Add(loss, divisor, rows.Length);
                return loss.Sum / divisor;
            });
        return sums;
    }

    // The loss needs the scores of all rows at once, the model's activations do not: the scores are computed without a graph, the loss gives its
    // gradient with respect to them, and each part's own graph carries that to the parameters (Gao et al. 2021, arXiv 2101.06983). One forward
    // pass more, no more memory, and the gradient is exact.
    private BatchSums Coupled(int[][] parts, IReadOnlyList<int> batch, Action? gather)
    {
        double divisor = goal.Divisor(batch);
        using var scope = NewDisposeScope();
        var sums = new BatchSums();
        int[] all = [.. parts.SelectMany(rows => rows)];
        SequenceScores scores = ScoresWithoutGraph(parts);
        Tensor leaf = scores.Sums.requires_grad_();
        SummedLoss loss = goal.Loss(scores, all, batch);
        sums.Add(loss, divisor, all.Length);
        Backward(loss.Sum / divisor);
        Tensor gradient = leaf.grad!.view(-1, all.Length); // [sequences of a row, batch]
        int start = 0;
        foreach (int[] rows in parts)
        {
            Carry(rows, gather, part => (part.Sums * gradient.narrow(1, start, rows.Length).reshape(-1)).sum());
            start += rows.Length;
        }
        return sums;
    }

    private SequenceScores ScoresWithoutGraph(int[][] parts)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        List<Tensor> sums = [], counts = [], collisions = [];
        foreach (int[] rows in parts)
        {
            using var partScope = NewDisposeScope();
            SequenceScores scores = SequenceScoring.Of(model, goal.Sequences(rows), speed.Device);
            sums.Add(scores.Sums.view(-1, rows.Length).MoveToOuterDisposeScope()); // [sequences of a row, rows]
            counts.Add(scores.Counts.view(-1, rows.Length).MoveToOuterDisposeScope());
            if (scores.Collisions is { } collided)
                collisions.Add(collided.view(-1, rows.Length).MoveToOuterDisposeScope());
        }
        return new SequenceScores(cat(sums, 1).flatten(), cat(counts, 1).flatten()) { Collisions = collisions.Count == 0 ? null : cat(collisions, 1).flatten() }.Outward();
    }

    // from a loss of some rows' scores to the parameters
    private void Carry(int[] rows, Action? gather, Func<SequenceScores, Tensor> loss)
    {
        using var scope = NewDisposeScope();
        if (!speed.Recompute)
        {
            Backward(loss(SequenceScoring.Of(model, goal.Sequences(rows), speed.Device)));
            gather?.Invoke();
            return;
        }
        (DecoderPath path, Func<Tensor, SequenceScores> score) = SequenceScoring.PathOf(model, goal.Sequences(rows), speed.Device);
        new BlockWalk(new ResidentWeights(gather)).Run([new(path, hidden => loss(score(hidden)))]);
    }

    /// <summary>The backward pass; throws what a node of ours has thrown in it.</summary>
    public static void Backward(Tensor loss)
    {
        loss.backward();
        BackwardFailure.Rethrow();
    }
}
