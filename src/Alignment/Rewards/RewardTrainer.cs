using Alignment.Kernels.Native;
using Alignment.Models.NeoX;
using static TorchSharp.torch;

namespace Alignment.Rewards;

/// <summary>One optimiser step, for progress lines and logs.</summary>
/// <param name="Step">1 … <paramref name="Steps"/>.</param>
/// <param name="Steps">Steps in all, unless training stops early.</param>
/// <param name="Loss">The batch's loss, nats.</param>
/// <param name="Accuracy">The batch's pairs in the right order, before the step.</param>
/// <param name="TokensPerSecond">Real tokens of the batch per second of the step.</param>
public sealed record RewardStep(int Step, int Steps, double Loss, PairAccuracy Accuracy, double TokensPerSecond);

/// <summary>What came of training.</summary>
/// <param name="HeldOut">Accuracy on the held-out pairs, with its interval.</param>
/// <param name="Validation">Accuracy on the validation pairs after each epoch that was run; empty without such pairs.</param>
/// <param name="KeptEpoch">The epoch whose weights the model has now, from 1.</param>
public sealed record RewardTrainingResult(PairAccuracy HeldOut, IReadOnlyList<PairAccuracy> Validation, int KeptEpoch);

/// <summary>Trains a reward model on pairs by the Bradley-Terry loss; the same inputs give the same bits at the same number of threads.</summary>
/// <param name="model">Trained in place.</param>
/// <param name="settings">All that decides the result.</param>
public sealed class RewardTrainer(NeoXReward model, RewardTrainingSettings settings)
{
    private readonly RewardScoringSettings _scoring = new() { MaxLength = settings.MaxLength };

    /// <summary>Called after each step, on the training thread.</summary>
    public Action<RewardStep>? Progress { get; init; }

    /// <summary>Measures tokens per second.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Trains, keeps the epoch with the best validation accuracy, and measures it on the held-out pairs.</summary>
    /// <exception cref="ArgumentException">Settings or pairs are impossible; all faults at once.</exception>
    /// <exception cref="ArithmeticException">A loss or gradient is not finite; names the step and the pairs.</exception>
    /// <exception cref="OperationCanceledException">Cancelled between two steps.</exception>
    public RewardTrainingResult Train(RewardData data, CancellationToken cancellation)
    {
        settings.Check();
        data.Check(model.Config.Vocabulary);
        using var scope = NewDisposeScope();
        using var dropout = new NeoXDropout(settings.Dropout, settings.Seed);
        using var optimiser = new RewardOptimiser(model, settings);
        using var best = new BestEpoch(model);
        int[][][] epochs = [.. Enumerable.Range(0, settings.Epochs).Select(epoch => RewardOrder.Batches(data.Train, settings, epoch))];
        int step = 0, steps = epochs.Sum(batches => batches.Length);
        foreach (int[][] batches in epochs)
        {
            foreach (int[] batch in batches)
            {
                cancellation.ThrowIfCancellationRequested();
                RewardStep done = Step([.. batch.Select(i => data.Train[i])], batch, new(optimiser, dropout, step++, steps));
                Progress?.Invoke(done);
            }
            if (data.Validation.Count == 0)
                continue;
            int stale = best.Offer(RewardScorer.ScorePairs(model, data.Validation, _scoring));
            if (settings.Patience > 0 && stale >= settings.Patience)
                break;
        }
        best.Restore();
        return new(RewardScorer.Accuracy(model, data.HeldOut, _scoring), best.Accuracies, data.Validation.Count > 0 ? best.Epoch : settings.Epochs);
    }

    private RewardStep Step(RewardPair[] pairs, int[] indices, StepState state)
    {
        using var scope = NewDisposeScope();
        long start = Clock.GetTimestamp();
        int[][] rows = [.. pairs.Select(pair => pair.Chosen), .. pairs.Select(pair => pair.Rejected)];
        RewardBatch batch = RewardBatch.Pad(rows, settings.MaxLength, model.Device);
        Tensor rewards = model.Forward(batch.Tokens, batch.Mask, state.Dropout); // [2 · pairs], chosen first
        Tensor chosen = rewards.narrow(0, 0, pairs.Length), rejected = rewards.narrow(0, pairs.Length, pairs.Length);
        Tensor loss = BradleyTerry.SmoothedLoss(chosen, rejected, settings.LabelSmoothing)
            + settings.LevelWeight * BradleyTerry.Level(chosen, rejected);
        double value = loss.item<float>();
        loss.backward();
        BackwardFailure.Rethrow();
        double norm = state.Optimiser.Step(settings.Rate(state.Step, state.Steps), value);
        if (!double.IsFinite(value) || !double.IsFinite(norm))
            throw new ArithmeticException(FormattableString.Invariant(
                $"reward training stopped at step {state.Step + 1} of {state.Steps}: loss {value}, gradient norm {norm}, ")
                + $"pairs {string.Join(", ", indices)}");
        int right = (int)chosen.gt(rejected).sum().item<long>();
        double seconds = Clock.GetElapsedTime(start).TotalSeconds;
        return new(state.Step + 1, state.Steps, value, new(right, pairs.Length), batch.Mask.sum().item<long>() / Math.Max(seconds, 1e-9));
    }

    private sealed record StepState(RewardOptimiser Optimiser, NeoXDropout Dropout, int Step, int Steps);
}
