using System.Text.Json;
using Alignment.Models.NeoX;
using Alignment.Rewards;
using Alignment.Tests.Unit.Rewards;
using Alignment.Training;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Training;

[NonParallelizable]
public class RewardGoalTests
{
    private static readonly string[] s_logged =
    [
        "step", "epoch", "loss", "rewards/chosen", "rewards/rejected", "rewards/margins", "rewards/accuracies", "grad_norm", "learning_rate",
        "num_tokens", "tokens_per_second",
    ];

    private static readonly RewardData s_data = new()
    {
        Train = ToyPairs.Draw(256, "train"),
        Validation = ToyPairs.Draw(64, "validation"),
        HeldOut = ToyPairs.Draw(200, "held-out"),
    };

    // 4 epochs of 3 steps
    private static readonly RewardData s_few = s_data with { Train = [.. s_data.Train.Take(40)] };

    [Test]
    public void An_easy_preference_is_learned_and_held_out_pairs_show_it()
    {
        using var folder = new TemporaryFolder();
        using NeoXReward model = NeoXReward.Create(ToyPairs.Config, 1);
        RewardTrainingResult result = RewardTraining.Run(model, s_data, ToyPairs.Settings, new() { Folder = folder.Path });
        JsonElement[] steps = [.. File.ReadLines(folder.File("steps.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)];
        double[] losses = [.. steps.Select(step => step.GetProperty("loss").GetDouble())];
        Assert.That(result.HeldOut.Low, Is.GreaterThan(0.8), result.HeldOut.ToString());
        Assert.That(result.HeldOut.Total, Is.EqualTo(200));
        Assert.That(steps.Select(step => step.GetProperty("step").GetInt32()), Is.EqualTo(Enumerable.Range(1, 5 * 16)));
        Assert.That(steps[0].EnumerateObject().Select(property => property.Name), Is.EqualTo(s_logged));
        Assert.That(losses[0], Is.EqualTo(Math.Log(2)).Within(0.1));
        Assert.That(losses[^1], Is.LessThan(losses[0]));
        Assert.That(steps.Select(step => step.GetProperty("tokens_per_second").GetDouble()), Has.All.Positive);
        Assert.That(steps[^1].GetProperty("num_tokens").GetInt64(), Is.EqualTo(5 * s_data.Train.Sum(pair => pair.Chosen.Length + pair.Rejected.Length)));
    }

    [Test]
    public void The_same_seed_gives_the_same_bits_and_another_seed_does_not()
    {
        byte[] first = Trained(ToyPairs.Settings with { Epochs = 1 });
        Assert.That(Trained(ToyPairs.Settings with { Epochs = 1 }), Is.EqualTo(first));
        Assert.That(Trained(ToyPairs.Settings with { Epochs = 1, Seed = 4 }), Is.Not.EqualTo(first));
    }

    [Test]
    public void The_epoch_with_the_best_validation_accuracy_is_kept()
    {
        using NeoXReward model = NeoXReward.Create(ToyPairs.Config, 1);
        RewardTrainingResult result = Train(model, ToyPairs.Settings);
        Assert.That(result.Validation, Has.Count.EqualTo(5));
        Assert.That(result.Validation[result.KeptEpoch - 1].Right, Is.EqualTo(result.Validation.Max(accuracy => accuracy.Right)));
        Assert.That(RewardScorer.Accuracy(model, s_data.Validation, new() { MaxLength = 12 }), Is.EqualTo(result.Validation[result.KeptEpoch - 1]));
    }

    [Test]
    public void Patience_ends_training_that_no_longer_helps()
    {
        using NeoXReward model = NeoXReward.Create(ToyPairs.Config, 1);
        RewardTrainingResult result = Train(model, ToyPairs.Settings with { Epochs = 30, Patience = 2, LearningRate = 1e-30 });
        Assert.That(result.Validation, Has.Count.EqualTo(result.KeptEpoch + 2));
    }

    [Test]
    public void Without_validation_pairs_the_last_epoch_is_kept()
    {
        using NeoXReward model = NeoXReward.Create(ToyPairs.Config, 1);
        RewardTrainingResult result = Train(model, ToyPairs.Settings with { Epochs = 2 }, s_data with { Validation = [] });
        Assert.That((result.KeptEpoch, result.Validation.Count), Is.EqualTo((2, 0)));
    }

    // dropout draws the same masks where a block is computed again
    [TestCase(true, 0.2), TestCase(false, 0.2), TestCase(true, 0)]
    public void Activations_that_are_computed_again_give_the_same_bits(bool parallel, double dropout)
    {
        NeoXConfig config = ToyPairs.Config with { Layers = 3, ParallelResidual = parallel };
        using NeoXReward kept = NeoXReward.Create(config, 1), again = NeoXReward.Create(config, 1);
        RewardTrainingSettings settings = ToyPairs.Settings with { Epochs = 2, Dropout = dropout };
        using TemporaryFolder one = new(), other = new();
        RewardTrainingResult expected = RewardTraining.Run(kept, s_few, settings, new() { Folder = one.Path });
        RewardTrainingResult actual = RewardTraining.Run(again, s_few, settings, new() { Folder = other.Path, Speed = new() { Recompute = true } });
        Assert.That(Bytes(again), Is.EqualTo(Bytes(kept)));
        Assert.That((actual.KeptEpoch, actual.HeldOut), Is.EqualTo((expected.KeptEpoch, expected.HeldOut)));
    }

    // in the first epoch, at its end, in a later one, and after the epoch that is kept
    [TestCase(1), TestCase(3), TestCase(4), TestCase(6), TestCase(11)]
    public void An_interrupted_training_ends_with_the_bits_and_the_choice_of_an_uninterrupted_one(int interruptedAfter)
    {
        using TemporaryFolder whole = new(), broken = new();
        using NeoXReward uninterrupted = NeoXReward.Create(ToyPairs.Config, 1), first = NeoXReward.Create(ToyPairs.Config, 1),
            second = NeoXReward.Create(ToyPairs.Config, 99);
        RewardTrainingSettings settings = ToyPairs.Settings with { Epochs = 4, LearningRate = 3e-2, Dropout = 0.2 };
        RewardTrainingResult expected = RewardTraining.Run(uninterrupted, s_few, settings, new() { Folder = whole.Path });
        Stop(first, settings, broken.Path, interruptedAfter);
        RewardTrainingResult actual = RewardTraining.Run(second, s_few, settings, new() { Folder = broken.Path });
        Assert.That(Bytes(second), Is.EqualTo(Bytes(uninterrupted)));
        Assert.That(actual.Validation, Is.EqualTo(expected.Validation));
        Assert.That((actual.KeptEpoch, actual.HeldOut), Is.EqualTo((expected.KeptEpoch, expected.HeldOut)));
        Assert.That(File.ReadLines(broken.File("steps.jsonl")).Count(), Is.EqualTo(12));
    }

    [Test]
    public void Patience_survives_an_interruption()
    {
        using var folder = new TemporaryFolder();
        using NeoXReward first = NeoXReward.Create(ToyPairs.Config, 1), second = NeoXReward.Create(ToyPairs.Config, 99);
        RewardTrainingSettings settings = ToyPairs.Settings with { Epochs = 30, Patience = 2, LearningRate = 1e-30 };
        Stop(first, settings, folder.Path, 7);
        RewardTrainingResult result = RewardTraining.Run(second, s_few, settings, new() { Folder = folder.Path });
        Assert.That(result.Validation, Has.Count.EqualTo(result.KeptEpoch + 2));
        Assert.That(File.ReadLines(folder.File("steps.jsonl")).Count(), Is.EqualTo(3 * result.Validation.Count));
    }

    [Test]
    public void A_loss_that_is_not_a_number_stops_training_with_step_and_pairs()
    {
        using NeoXReward model = NeoXReward.Create(ToyPairs.Config, 1);
        using (no_grad())
            model.parameters().First().fill_(double.NaN);
        RewardData data = s_data with { Train = [.. s_data.Train.Take(2)] };
        Assert.That(() => Train(model, ToyPairs.Settings with { Epochs = 1 }, data), Throws.TypeOf<NonFiniteLossException>().With.Message.Matches(
            "^gold step 1: the loss is NaN; no step was finite before; rows of the batch: (train 0, train 1|train 1, train 0)$"));
    }

    [Test]
    public void Impossible_pairs_are_refused_all_at_once()
    {
        using NeoXReward model = NeoXReward.Create(ToyPairs.Config, 1);
        var data = new RewardData { Train = [new("a", [1], []), new("b", [10], [-1])], HeldOut = [] };
        Assert.That(() => Train(model, ToyPairs.Settings, data), Throws.ArgumentException.With.Message.EqualTo(
            "the reward model cannot be trained (3 faults): Train pair 0, rejected: has no tokens; Train pair 1, chosen: token 0 is 10, "
            + "and the vocabulary has 10; Train pair 1, rejected: token 0 is -1, and the vocabulary has 10"));
        Assert.That(() => Train(model, ToyPairs.Settings, data with { Train = [] }),
            Throws.ArgumentException.With.Message.EqualTo("the reward model cannot be trained (1 faults): Train holds no pair"));
    }

    [Test]
    public void Training_leaves_no_tensor_behind()
    {
        using NeoXReward model = NeoXReward.Create(ToyPairs.Config, 1);
        RewardData few = s_data with { Train = [.. s_data.Train.Take(32)] };
        Train(model, ToyPairs.Settings with { Epochs = 2 }, few);
        DisposeScopeManager.Statistics.Reset();
        Train(model, ToyPairs.Settings with { Epochs = 2 }, few);
        Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.Zero);
    }

    [Test]
    public void Every_epoch_holds_every_pair_once_and_has_an_order_of_its_own()
    {
        RewardPair[] pairs = ToyPairs.Draw(37, "order");
        var settings = new RewardTrainingSettings { BatchPairs = 5 };
        int[][] first = RewardOrder.Batches(pairs, settings, 0), second = RewardOrder.Batches(pairs, settings, 1);
        Assert.That(first.SelectMany(batch => batch), Is.EquivalentTo(Enumerable.Range(0, 37)));
        Assert.That(first.Select(batch => batch.Length).Order(), Is.EqualTo(new[] { 2, 5, 5, 5, 5, 5, 5, 5 }));
        Assert.That(second.SelectMany(batch => batch), Is.Not.EqualTo(first.SelectMany(batch => batch)));
        Assert.That(RewardOrder.Batches(pairs, settings, 0), Is.EqualTo(first));
    }

    private static RewardTrainingResult Train(NeoXReward model, RewardTrainingSettings settings, RewardData? data = null)
    {
        using var folder = new TemporaryFolder();
        return RewardTraining.Run(model, data ?? s_data, settings, new() { Folder = folder.Path, Speed = new() { CheckpointEverySteps = 5 } });
    }

    private static void Stop(NeoXReward model, RewardTrainingSettings settings, string folder, int after)
    {
        using var cancel = new CancellationTokenSource();
        int steps = 0;
        var run = new TrainingRun
        {
            Folder = folder,
            Progress = new Immediate<TrainingProgress>(told =>
            {
                steps++;
                if (told.Step == after)
                    cancel.Cancel();
            }),
        };
        Assert.That(() => RewardTraining.Run(model, s_few, settings, run, cancel.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(steps, Is.EqualTo(after), "it stops between two steps");
    }

    private static byte[] Trained(RewardTrainingSettings settings)
    {
        using NeoXReward model = NeoXReward.Create(ToyPairs.Config, 1);
        Train(model, settings);
        return Bytes(model);
    }

    private static byte[] Bytes(NeoXReward model)
    {
        using var scope = NewDisposeScope();
        return [.. model.parameters().SelectMany(parameter => parameter.bytes.ToArray())];
    }
}
