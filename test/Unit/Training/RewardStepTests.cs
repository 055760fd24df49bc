using Alignment.Models;
using Alignment.Models.NeoX;
using Alignment.Rewards;
using Alignment.Tests.Unit.Rewards;
using Alignment.Training;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Training;

/// <summary>What a reward model's goal tells the trainer.</summary>
[NonParallelizable]
public class RewardStepTests
{
    private static readonly RewardTrainingSettings s_settings = ToyPairs.Settings with { Dropout = 0, LabelSmoothing = 0.2, LevelWeight = 0.3, WeightDecay = 0.7, ClipNorm = 0.4 };

    private static readonly RewardData s_data = new() { Train = ToyPairs.Draw(6, "train"), Validation = ToyPairs.Draw(8, "validation"), HeldOut = ToyPairs.Draw(4, "held-out") };

    [Test]
    public void A_batch_has_the_loss_of_its_rewards_and_is_gathered_once([Values] bool decoder, [Values] bool recompute)
    {
        using var scope = NewDisposeScope();
        using IRewardNetwork model = Judge(decoder);
        using var goal = new RewardGoal(model, s_data, s_settings, recompute);
        (double[] chosen, double[] rejected) = RewardScorer.ScorePairs(model, [s_data.Train[4], s_data.Train[1], s_data.Train[2]], new());
        int gathered = 0, withGradients = 0;
        BatchSums sums = goal.AddGradient([4, 1, 2], () =>
        {
            gathered++;
            withGradients = model.Module.parameters().Count(parameter => parameter.grad is not null);
        });
        double[] margins = [.. chosen.Zip(rejected, (x, y) => x - y)];
        Assert.That(sums.Loss, Is.EqualTo(margins.Average(margin => Math.Log(1 + Math.Exp(-margin)) + 0.2 * margin)
            + 0.3 * chosen.Zip(rejected).Average(pair => Math.Pow(pair.First + pair.Second, 2))).Within(1e-5));
        Assert.That(sums.Means.Select(item => item.Key), Is.EqualTo(new[] { "rewards/chosen", "rewards/rejected", "rewards/margins", "rewards/accuracies" }));
        Assert.That(sums.Means.Select(item => item.Value), Is.EqualTo(new[] { chosen.Average(), rejected.Average(), margins.Average(), margins.Average(margin => margin > 0 ? 1 : 0) }).Within(1e-5));
        Assert.That((gathered, withGradients), Is.EqualTo((1, model.Module.parameters().Count())));
    }

    [Test]
    public void The_gradient_is_that_of_the_loss()
    {
        using var scope = NewDisposeScope();
        using IRewardNetwork model = Judge(decoder: true), twin = Judge(decoder: true);
        using var goal = new RewardGoal(model, s_data, s_settings);
        goal.AddGradient([3, 0]);
        RewardBatch rows = RewardBatch.Pad([s_data.Train[3].Chosen, s_data.Train[0].Chosen, s_data.Train[3].Rejected, s_data.Train[0].Rejected], s_settings.MaxLength, CPU);
        Tensor rewards = twin.Rewards(rows.Tokens, rows.Mask), chosen = rewards.narrow(0, 0, 2), rejected = rewards.narrow(0, 2, 2);
        (BradleyTerry.Loss(chosen, rejected, 0.2) + 0.3 * BradleyTerry.Level(chosen, rejected)).backward();
        foreach ((string name, TorchSharp.Modules.Parameter parameter) in twin.Module.named_parameters())
            Assert.That(Micro.Numbers(model.Module.get_parameter(name)!.grad!), Is.EqualTo(Micro.Numbers(parameter.grad!)).Within(1e-6), name);
    }

    [Test]
    public void Matrices_decay_and_vectors_do_not()
    {
        using NeoXReward model = NeoXReward.Create(ToyPairs.Config, 1);
        using var goal = new RewardGoal(model, s_data, s_settings);
        Assert.That(goal.Parameters.Select(group => group.Rates.WeightDecay), Is.EqualTo(new[] { 0.7, 0 }));
        Assert.That(goal.Parameters[0].Parameters.Select(one => one.Parameter.dim()), Is.All.EqualTo(2));
        Assert.That(goal.Parameters[1].Parameters.Select(one => one.Parameter.dim()), Is.All.EqualTo(1));
        Assert.That(goal.Parameters.SelectMany(group => group.Parameters).Select(one => one.Name), Is.EquivalentTo(model.Module.named_parameters().Select(item => item.name)));
    }

    [Test]
    public void Steps_rates_and_tokens_are_those_of_the_settings()
    {
        using NeoXReward model = NeoXReward.Create(ToyPairs.Config, 1);
        RewardPair[] pairs = [new("long", new int[5], new int[20]), new("short", new int[1], new int[2]), new("wide", new int[13], new int[12])];
        RewardTrainingSettings settings = s_settings with { BatchPairs = 2, Epochs = 3 };
        using var goal = new RewardGoal(model, s_data with { Train = pairs }, settings);
        Assert.That((goal.Name, goal.Plan.Steps, goal.Plan.Epochs, goal.Plan.Seed, goal.Plan.MaxGradientNorm), Is.EqualTo(("gold", 6L, 3, 3ul, 0.4)));
        Assert.That(Enumerable.Range(0, 6).Select(step => goal.Plan.Rate(step)), Is.EqualTo(Enumerable.Range(0, 6).Select(step => s_settings.Rate(step, 6))));
        Assert.That(new[] { 0, 1, 2 }.Select(goal.Tokens), Is.EqualTo(new[] { 17, 3, 24 }), "12 of a row at most");
        Assert.That(goal.Sources, Is.EqualTo(new[] { "long", "short", "wide" }));
        Assert.That(goal.Plan.Rows(4), Is.EqualTo(RewardOrder.Batches(pairs, settings, 2)[0]));
    }

    // the epoch that is best is the first: weights do not change
    [TestCase(0, new[] { false, false, false })]
    [TestCase(1, new[] { false, true, true })]
    [TestCase(2, new[] { false, false, true })]
    public void Training_ends_after_so_many_epochs_without_a_better_one(int patience, bool[] ends)
    {
        using NeoXReward model = NeoXReward.Create(ToyPairs.Config, 1);
        using var goal = new RewardGoal(model, s_data, s_settings with { Patience = patience });
        Assert.That(ends.Select(_ => goal.EndEpoch()), Is.EqualTo(ends));
        RewardTrainingResult result = goal.Result();
        Assert.That((result.KeptEpoch, result.Validation.Count, result.HeldOut.Total), Is.EqualTo((1, 3, 4)));
    }

    [Test]
    public void Without_validation_pairs_no_epoch_ends_training_and_nothing_but_dropout_is_kept()
    {
        using var scope = NewDisposeScope();
        using NeoXReward model = NeoXReward.Create(ToyPairs.Config, 1);
        using RewardGoal goal = new(model, s_data with { Validation = [] }, s_settings with { Patience = 1 }), chosen = new(model, s_data, s_settings);
        Assert.That((goal.EndEpoch(), goal.EndEpoch()), Is.EqualTo((false, false)));
        Assert.That(goal.State().Keys, Is.EqualTo(new[] { "dropout" }));
        Assert.That(chosen.State().Keys, Is.SupersetOf(new[] { "dropout", "validation.epochs", "validation.loss" }));
        Assert.That((goal.Result().KeptEpoch, goal.Result().Validation.Count), Is.EqualTo((s_settings.Epochs, 0)));
    }

    [Test]
    public void Impossible_settings_are_refused_before_anything_is_written()
    {
        using var folder = new TemporaryFolder();
        using NeoXReward model = NeoXReward.Create(ToyPairs.Config, 1);
        Assert.That(() => RewardTraining.Run(model, s_data, s_settings with { ClipNorm = 0 }, new() { Folder = folder.Path }),
            Throws.ArgumentException.With.Message.EqualTo("ClipNorm must be > 0, was 0"));
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.Empty);
    }

    [TestCase(30, 5), TestCase(40, 5), TestCase(7, 3)]
    public void Pairs_of_like_length_are_in_a_batch_and_the_batches_in_no_order(int count, int batchPairs)
    {
        RewardPair[] pairs = [.. Enumerable.Range(0, count).Select(i => i % 2 == 0 ? new RewardPair("", new int[i + 1], [1]) : new RewardPair("", [1], new int[i + 1]))];
        int[][] batches = RewardOrder.Batches(pairs, s_settings with { BatchPairs = batchPairs }, 0);
        int[][] ascending = [.. batches.OrderBy(batch => batch[0])]; // the i-th pair is the i-th in length
        Assert.That(ascending.SelectMany(batch => batch), Is.EqualTo(Enumerable.Range(0, count)));
        if (count > 10)
            Assert.That(batches, Is.Not.EqualTo(ascending));
    }

    [Test]
    public void Lengths_are_alike_within_eight_batches_and_no_more()
    {
        RewardPair[] pairs = [.. Enumerable.Range(0, 80).Select(i => new RewardPair("", new int[i + 1], [1]))];
        int[][] batches = RewardOrder.Batches(pairs, s_settings with { BatchPairs = 5 }, 0);
        Assert.That(batches.SelectMany(batch => batch).Order(), Is.EqualTo(Enumerable.Range(0, 80)));
        Assert.That(batches, Is.All.Ordered);
        Assert.That(batches.Average(batch => batch[^1] - batch[0]), Is.InRange(4.5, 14), "of windows of 40; of all 80 it is 4");
    }

    private static IRewardNetwork Judge(bool decoder) => decoder
        ? DecoderReward.Create(Micro.Config with { Shape = Micro.Config.Shape with { Vocabulary = ToyPairs.Vocabulary } }, 1) : NeoXReward.Create(ToyPairs.Config, 1);
}
