using Alignment.Models;
using Alignment.Models.NeoX;
using Alignment.Rewards;

namespace Alignment.Training;

/// <summary>What came of training a reward model.</summary>
/// <param name="HeldOut">Accuracy on the held-out pairs, with its interval.</param>
/// <param name="Validation">Accuracy on the validation pairs after each epoch that was run; empty without such pairs.</param>
/// <param name="KeptEpoch">The epoch whose weights the model has now, from 1.</param>
internal sealed record RewardTrainingResult(PairAccuracy HeldOut, IReadOnlyList<PairAccuracy> Validation, int KeptEpoch);

/// <summary>Trains a reward model on pairs by the Bradley-Terry loss; the same inputs give the same bits at the same number of threads.</summary>
internal static class RewardTraining
{
    /// <summary>Trains, keeps the epoch with the best validation accuracy, and measures it on the held-out pairs.</summary>
    /// <param name="model">Trained in place.</param>
    /// <param name="data">Pairs to learn from, to choose the epoch by, and to measure on.</param>
    /// <param name="settings">All that decides the result.</param>
    /// <param name="run">Where files go and whom to tell; a batch always goes through the model as a whole, since dropout masks depend on its shape.</param>
    /// <param name="cancel">Asked before each step; a checkpoint is written first.</param>
    /// <exception cref="ArgumentException">Settings or pairs are impossible; all faults at once.</exception>
    /// <exception cref="NonFiniteLossException">A loss or gradient is NaN or infinite.</exception>
    /// <exception cref="OperationCanceledException">The run was asked to stop; it can go on later.</exception>
    public static RewardTrainingResult Run(
        IRewardNetwork model, RewardData data, RewardTrainingSettings settings, TrainingRun run, CancellationToken cancel = default)
    {
        settings.Check();
        if (settings.Dropout > 0 && model is not NeoXReward)
            throw new ArgumentException(FormattableString.Invariant($"Dropout must be 0 for a decoder, which has none, was {settings.Dropout}"));
        data.Check((int)model.Vocabulary);
        using var goal = new RewardGoal(model, data, settings, run.Speed.Recompute);
        new Trainer(goal, run).Train(cancel);
        return goal.Result();
    }
}
