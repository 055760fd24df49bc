using Alignment.Files;
using Alignment.Kernels.Native;
using Alignment.Models;
using Alignment.Models.NeoX;
using Alignment.Rewards;
using static TorchSharp.torch;

namespace Alignment.Training;

/// <summary>The trainer's view of a reward model: matrices decay, vectors do not; batches of similar length; dropout and choice of the epoch.</summary>
/// <param name="model">Trained in place.</param>
/// <param name="data">Pairs to learn from and to choose the epoch by.</param>
/// <param name="settings">All that decides the result.</param>
/// <param name="recompute">As in <see cref="SpeedSettings.Recompute"/>.</param>
internal sealed class RewardGoal(IRewardNetwork model, RewardData data, RewardTrainingSettings settings, bool recompute = false) : ITrainingGoal, IDisposable
{
    /// <summary>Its name in checkpoints, logs and failures.</summary>
    public const string Gold = "gold";

    private readonly BlockWalk _walk = new(new ResidentWeights());
    private const string DropoutKey = "dropout";
    private readonly RewardScoringSettings _scoring = new() { MaxLength = settings.MaxLength };
    private readonly NeoXDropout _dropout = new(settings.Dropout, settings.Seed);
    private readonly BestEpoch? _best = data.Validation.Count > 0 ? new(model, settings.Epochs) : null;

    public string Name => Gold;

    public IReadOnlyList<string> Sources { get; } = [.. data.Train.Select(pair => pair.Source)];

    public TrainingPlan Plan { get; } = new(data.Train.Count, settings.BatchPairs)
    {
        Epochs = settings.Epochs,
        Seed = settings.Seed,
        Batches = epoch => RewardOrder.Batches(data.Train, settings, epoch),
        LearningRate = (step, steps) => settings.Rate((int)step, (int)steps),
        MaxGradientNorm = settings.ClipNorm,
    };

    public IReadOnlyList<ParameterGroup> Parameters
    {
        get
        {
            (string Name, Tensor Parameter)[] all = [.. model.Module.named_parameters().Select(one => (one.name, (Tensor)one.parameter))];
            return [new([.. all.Where(one => one.Parameter.dim() > 1)], new() { WeightDecay = settings.WeightDecay }),
                new([.. all.Where(one => one.Parameter.dim() <= 1)], new() { WeightDecay = 0 })];
        }
    }

    public long Tokens(int row) => Math.Min(data.Train[row].Chosen.Length, settings.MaxLength) + Math.Min(data.Train[row].Rejected.Length, settings.MaxLength);

    public BatchSums AddGradient(IReadOnlyList<int> batch, Action? gather = null)
    {
        using var scope = NewDisposeScope();
        int[][] rows = [.. batch.Select(row => data.Train[row].Chosen), .. batch.Select(row => data.Train[row].Rejected)];
        RewardBatch padded = RewardBatch.Pad(rows, settings.MaxLength, model.Device);
        var sums = new BatchSums();
        // of the networks only NeoX knows dropout
        if (recompute)
            _walk.Run([model is NeoXReward walked ? new(walked.PathOf(padded.Tokens, padded.Mask, _dropout), hidden => Loss(walked.Read(hidden, padded.Mask)))
                : new(((DecoderReward)model).PathOf(padded.Tokens, padded.Mask), hidden => Loss(((DecoderReward)model).Rewards(hidden, padded.Tokens, padded.Mask)))]);
        else
            Loss(model is NeoXReward neox ? neox.Forward(padded.Tokens, padded.Mask, _dropout) : model.Rewards(padded.Tokens, padded.Mask)).backward();
        BackwardFailure.Rethrow();
        gather?.Invoke();
        return sums;

        // rewards [2 · pairs], chosen first
        Tensor Loss(Tensor rewards)
        {
            Tensor chosen = rewards.narrow(0, 0, batch.Count), rejected = rewards.narrow(0, batch.Count, batch.Count);
            Tensor loss = BradleyTerry.Loss(chosen, rejected, settings.LabelSmoothing)
                + settings.LevelWeight * BradleyTerry.Level(chosen, rejected);
            sums.Add(new(loss, Logged(chosen.detach(), rejected.detach())), 1, batch.Count); // the loss is a mean already
            return loss;
        }
    }

    public bool EndEpoch()
    {
        if (_best == null)
            return false;
        int stale = _best.Offer(RewardScorer.ScorePairs(model, data.Validation, _scoring));
        return settings.Patience > 0 && stale >= settings.Patience;
    }

    public IReadOnlyDictionary<string, Tensor> State() =>
        new Dictionary<string, Tensor>(_best?.State() ?? new Dictionary<string, Tensor>()) { [DropoutKey] = _dropout.State() };

    public void Restore(IReadOnlyDictionary<string, Tensor> state)
    {
        _best?.Restore(state);
        _dropout.Restore(state[DropoutKey]);
    }

    /// <summary>Gives the model the best epoch's weights and measures them.</summary>
    public RewardTrainingResult Result()
    {
        _best?.GiveBack();
        return new(RewardScorer.Accuracy(model, data.HeldOut, _scoring), _best?.Accuracies ?? [], _best?.Epoch ?? settings.Epochs);
    }

    public void Dispose()
    {
        _dropout.Dispose();
        _best?.Dispose();
    }

    private static KeyValuePair<string, Tensor>[] Logged(Tensor chosen, Tensor rejected)
    {
        Tensor margins = chosen - rejected;
        return [new("rewards/chosen", chosen), new("rewards/rejected", rejected), new("rewards/margins", margins),
            new("rewards/accuracies", margins.gt(0).to(ScalarType.Float32))];
    }
}

/// <summary>The batches of each epoch: a seeded shuffle, then similar lengths side by side within windows, so that little is padded.</summary>
internal static class RewardOrder
{
    private const int WindowBatches = 8;

    /// <summary>Indices of the pairs of each batch; every pair once.</summary>
    public static int[][] Batches(IReadOnlyList<RewardPair> pairs, RewardTrainingSettings settings, int epoch)
    {
        var random = new SeededRandom(settings.Seed, $"rewards/epoch/{epoch}");
        int[] order = [.. Enumerable.Range(0, pairs.Count)];
        random.Shuffle<int>(order);
        int[][] batches =
        [
            .. order.Chunk(WindowBatches * settings.BatchPairs)
                .SelectMany(window => window.OrderBy(i => Math.Max(pairs[i].Chosen.Length, pairs[i].Rejected.Length)).Chunk(settings.BatchPairs)),
        ];
        random.Shuffle<int[]>(batches);
        return batches;
    }
}
