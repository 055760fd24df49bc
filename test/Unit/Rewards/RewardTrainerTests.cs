using Alignment.Models.NeoX;
using Alignment.Rewards;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Rewards;

public class RewardTrainerTests
{
    private static readonly RewardData s_data = new()
    {
        Train = ToyPairs.Draw(256, "train"),
        Validation = ToyPairs.Draw(64, "validation"),
        HeldOut = ToyPairs.Draw(200, "held-out"),
    };

    [Test]
    public void An_easy_preference_is_learned_and_held_out_pairs_show_it()
    {
        using NeoXReward model = NeoXReward.Create(ToyPairs.Config, 1);
        var steps = new List<RewardStep>();
        RewardTrainingResult result = new RewardTrainer(model, ToyPairs.Settings) { Progress = steps.Add }.Train(s_data, CancellationToken.None);
        Assert.That(result.HeldOut.Low, Is.GreaterThan(0.8), result.HeldOut.ToString());
        Assert.That(result.HeldOut.Total, Is.EqualTo(200));
        Assert.That(steps.Select(step => step.Step), Is.EqualTo(Enumerable.Range(1, 5 * 16)));
        Assert.That(steps[0].Loss, Is.EqualTo(Math.Log(2)).Within(0.1));
        Assert.That(steps[^1].Loss, Is.LessThan(steps[0].Loss));
        Assert.That(steps.Select(step => step.TokensPerSecond), Has.All.Positive);
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
        RewardTrainingResult result = new RewardTrainer(model, ToyPairs.Settings).Train(s_data, CancellationToken.None);
        Assert.That(result.Validation, Has.Count.EqualTo(5));
        Assert.That(result.Validation[result.KeptEpoch - 1].Right, Is.EqualTo(result.Validation.Max(accuracy => accuracy.Right)));
        Assert.That(RewardScorer.Accuracy(model, s_data.Validation, new() { MaxLength = 12 }), Is.EqualTo(result.Validation[result.KeptEpoch - 1]));
    }

    [Test]
    public void Patience_ends_training_that_no_longer_helps()
    {
        using NeoXReward model = NeoXReward.Create(ToyPairs.Config, 1);
        RewardTrainingSettings settings = ToyPairs.Settings with { Epochs = 30, Patience = 2, LearningRate = 1e-30 };
        RewardTrainingResult result = new RewardTrainer(model, settings).Train(s_data, CancellationToken.None);
        Assert.That(result.Validation, Has.Count.EqualTo(result.KeptEpoch + 2));
    }

    [Test]
    public void Without_validation_pairs_the_last_epoch_is_kept()
    {
        using NeoXReward model = NeoXReward.Create(ToyPairs.Config, 1);
        var trainer = new RewardTrainer(model, ToyPairs.Settings with { Epochs = 2 });
        RewardTrainingResult result = trainer.Train(s_data with { Validation = [] }, CancellationToken.None);
        Assert.That((result.KeptEpoch, result.Validation.Count), Is.EqualTo((2, 0)));
    }

    [Test]
    public void A_loss_that_is_not_a_number_stops_training_with_step_and_pairs()
    {
        using NeoXReward model = NeoXReward.Create(ToyPairs.Config, 1);
        using (no_grad())
            model.parameters().First().fill_(double.NaN);
        RewardData data = s_data with { Train = [.. s_data.Train.Take(2)] };
        Assert.That(() => new RewardTrainer(model, ToyPairs.Settings with { Epochs = 1 }).Train(data, CancellationToken.None),
            Throws.TypeOf<ArithmeticException>().With.Message.Matches(
                "^reward training stopped at step 1 of 1: loss NaN, gradient norm NaN, pairs (0, 1|1, 0)$"));
    }

    [Test]
    public void Cancelling_stops_between_two_steps()
    {
        using NeoXReward model = NeoXReward.Create(ToyPairs.Config, 1);
        using var source = new CancellationTokenSource();
        int steps = 0;
        var trainer = new RewardTrainer(model, ToyPairs.Settings) { Progress = _ => { if (++steps == 3) source.Cancel(); } };
        Assert.That(() => trainer.Train(s_data, source.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(steps, Is.EqualTo(3));
    }

    [Test]
    public void Impossible_pairs_are_refused_all_at_once()
    {
        using NeoXReward model = NeoXReward.Create(ToyPairs.Config, 1);
        var data = new RewardData { Train = [new([1], []), new([10], [-1])], HeldOut = [] };
        Assert.That(() => new RewardTrainer(model, ToyPairs.Settings).Train(data, CancellationToken.None),
            Throws.ArgumentException.With.Message.EqualTo(
            "the reward model cannot be trained (3 faults): Train pair 0, rejected: has no tokens; Train pair 1, chosen: token 0 is 10, "
            + "and the vocabulary has 10; Train pair 1, rejected: token 0 is -1, and the vocabulary has 10"));
        Assert.That(() => new RewardTrainer(model, ToyPairs.Settings).Train(data with { Train = [] }, CancellationToken.None),
            Throws.ArgumentException.With.Message.EqualTo("the reward model cannot be trained (1 faults): Train holds no pair"));
    }

    [Test]
    public void Training_leaves_no_tensor_behind()
    {
        using NeoXReward model = NeoXReward.Create(ToyPairs.Config, 1);
        RewardData few = s_data with { Train = [.. s_data.Train.Take(32)] };
        new RewardTrainer(model, ToyPairs.Settings with { Epochs = 2 }).Train(few, CancellationToken.None);
        DisposeScopeManager.Statistics.Reset();
        new RewardTrainer(model, ToyPairs.Settings with { Epochs = 2 }).Train(few, CancellationToken.None);
        Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.Zero);
    }

    private static byte[] Trained(RewardTrainingSettings settings)
    {
        using var scope = NewDisposeScope();
        using NeoXReward model = NeoXReward.Create(ToyPairs.Config, 1);
        new RewardTrainer(model, settings).Train(s_data, CancellationToken.None);
        return [.. model.parameters().SelectMany(parameter => parameter.bytes.ToArray())];
    }
}
