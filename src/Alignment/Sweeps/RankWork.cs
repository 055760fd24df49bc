using System.Text.Json;
using Alignment.Distributed;
using Alignment.Generation;
using Alignment.Models;
using Alignment.Recipes;
using Alignment.Rewards;
using Alignment.Training;

namespace Alignment.Sweeps;

/// <summary>
/// Several ranks on one sweep. Rank 0 goes through it as one process does: it alone decides, holds locks and writes results. Before each task that the ranks do
/// together it asks the others, who load the same model and do their part; how a task is shared is the task's own affair (<see cref="SpeedSettings.Ranks"/>,
/// <see cref="GenerationSpeed.Ranks"/>).
/// </summary>
/// <param name="recipe">The recipe.</param>
/// <param name="options">Of this rank.</param>
/// <param name="data">Of the recipe, the same on every rank.</param>
/// <param name="settled">Of rank 0, with what the options leave open.</param>
internal sealed class RankWork(Recipe recipe, SweepOptions options, Func<SweepData> data, Func<SweepOptions> settled)
{
    private ICollectives Ranks => options.Ranks;

    /// <summary>Asks the other ranks; rank 0 does the same right after it.</summary>
    public void Ask(RankOrder order)
    {
        if (Ranks.Ranks == 1)
            return;
        SweepOptions own = settled();
        Ranks.FromFirst(JsonSerializer.SerializeToUtf8Bytes(order with { Sizes = new(own.RowsAtOnce, own.Speed.TokenBudget, own.ResponsesAtOnce) }));
    }

    /// <summary>How the ranks score by a judge together.</summary>
    public RewardScoringSettings Scoring(int maxLength) => new() { MaxLength = maxLength, Ranks = Ranks };

    /// <summary>Lets the others go.</summary>
    public void End() => Ranks.FromFirst([]);

    /// <summary>Does what rank 0 asks for until it lets go.</summary>
    public void Follow(CancellationToken cancel)
    {
        while (Ranks.FromFirst([]) is { Length: > 0 } order)
            Do(JsonSerializer.Deserialize<RankOrder>(order)!, cancel);
    }

    private void Do(RankOrder order, CancellationToken cancel)
    {
        if (order.Judged is { } rows)
        {
            using IRewardNetwork judge = RewardFolder.Load(order.Model.Weights!, options.Speed.Device);
            RewardScorer.Score(judge, rows.Ids, Scoring(rows.MaxLength));
            return;
        }
        SweepOptions asked = options with { MicroBatch = order.Sizes!.Rows, TokenBudget = order.Sizes.Tokens, GenerationBatch = order.Sizes.Responses };
        using Decoder model = order.Model.Load(new(recipe, options, data().Tokenizer));
        using IDisposable? off = order.Model.AdaptersOff ? model.Adapters!.Off() : null;
        switch (order.Task)
        {
            case RankTask.Reference:
                ReferencePass.Compute(model, Data(order).PreferenceRows, asked.Speed, cancel);
                break;
            case RankTask.Train:
                Train(model, order, asked.Speed, cancel);
                break;
            case RankTask.Sample:
                var prompts = AskedPrompts.Of(order, recipe, data());
                foreach (var _ in prompts.By(model, recipe, data()).Sample([.. order.Prompts!.Select(index => new SamplingPrompt(index, prompts.Prompts[index]))], asked.Generation, cancel))
                {
                }

                break;
            default:
                ResponseScorer.Score(model, [.. order.Prompts!.Zip(order.Responses!, (prompt, response) => new ResponseToScore(data().TestPrompts[prompt], response))], asked.Generation, cancel);
                break;
        }
    }

    private SweepData Data(RankOrder order) => order.Pairs is { } file ? ResampledPairs.Read(file).In(data(), file) : data();

    private void Train(Decoder policy, RankOrder order, SpeedSettings speed, CancellationToken cancel)
    {
        SweepData own = Data(order);
        var training = new PointTraining(order.Point!, recipe, own);
        training.Attach(policy);
        ReferenceLogProbs? reference = order.Reference is not { } sums ? null
            : new(sums[0], sums[1], [.. own.PreferenceRows.Select(pair => pair.Source)]) { ChosenSharedSums = sums[2], RejectedSharedSums = sums[3] };
        try
        {
            new Trainer(policy, training.Goal(reference), training.Settings, new TrainingRun { Folder = order.Folder!, Speed = speed, Averages = training.Averages }).Train(cancel);
        }
        catch (NonFiniteLossException)
        {
            // rank 0 meets the same and stores it
        }
    }
}
