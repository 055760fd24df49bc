using System.Text.Json;
using Alignment.Data;
using Alignment.Models;
using Alignment.Objectives;
using Alignment.Training;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Training;

/// <summary>TR-DPO's reference follows the policy.</summary>
[NonParallelizable]
public class MovingReferenceTests
{
    private static readonly TokenizedPair[] s_pairs = Micro.Pairs(20);

    // where the reference has just become the policy, the loss is log 2 again
    [TestCase(1, new[] { true, true, true, true, true, true })]
    [TestCase(2, new[] { true, false, true, false, true, false })]
    [TestCase(4, new[] { true, false, false, false, true, false })]
    public void A_hard_update_starts_anew_after_every_so_many_steps(int steps, bool[] anew)
    {
        using var folder = new TemporaryFolder();
        using Decoder policy = Micro.Model();
        Train(policy, folder.Path, new TrDpo(0.5) { Mixup = 1, SyncSteps = steps }, Micro.Settings() with { Schedule = new(ScheduleShape.Constant, 0) });
        Assert.That(Losses(folder).Select(loss => Math.Abs(loss - Math.Log(2)) < 1e-5), Is.EqualTo(anew));
    }

    [Test]
    public void A_soft_update_mixes_all_weights()
    {
        using TemporaryFolder one = new(), all = new();
        using Decoder policy = Micro.Model(), first = Micro.Model(), reference = Micro.Model();
        TrainingSettings settings = Micro.Settings(batchSize: 10) with { Schedule = new(ScheduleShape.Constant, 0) };
        Train(policy, all.Path, new TrDpo(0.5) { Mixup = 0.3, SyncSteps = 1 }, settings: settings);

        // the first step by itself, then the second batch's loss by hand
        using var stop = new CancellationTokenSource();
        Assert.That(() => Train(first, one.Path, new TrDpo(0.5) { Mixup = 0.3, SyncSteps = 1 }, settings: settings, cancel: stop.Token, told: _ => stop.Cancel()),
            Throws.InstanceOf<OperationCanceledException>());
        using (no_grad())
            foreach ((string name, Tensor weight) in ((ILanguageModel)reference).Trained)
                weight.mul_(0.7).add_(((ILanguageModel)first).Trained[name], 0.3);
        int[] batch = TrainingPlan.Shuffled(20, settings).Rows(1);
        TokenizedPair[] pairs = [.. batch.Select(row => s_pairs[row])];
        ReferenceLogProbs now = ReferencePass.Compute(first, pairs, new()), then = ReferencePass.Compute(reference, pairs, new());
        double expected = Enumerable.Range(0, 10).Average(i => Math.Log(1 + Math.Exp(-0.5 * (now.ChosenSums[i] - then.ChosenSums[i] - now.RejectedSums[i] + then.RejectedSums[i]))));
        Assert.That(Losses(all)[1], Is.EqualTo(expected).Within(1e-5).And.Not.EqualTo(Math.Log(2)).Within(1e-5));
    }

    [Test]
    public void Its_weights_are_in_checkpoints_so_that_an_interrupted_run_ends_bit_identical([Values(1, 3, 5)] int interruptedAfter)
    {
        using TemporaryFolder whole = new(), broken = new();
        using Decoder uninterrupted = Micro.Model(), first = Micro.Model(), second = Micro.Model();
        var objective = new TrDpo(0.5) { SyncSteps = 2 };
        Train(uninterrupted, whole.Path, objective);
        using var stop = new CancellationTokenSource();
        Assert.That(() => Train(first, broken.Path, objective, cancel: stop.Token, told: step =>
        {
            if (step.Step == interruptedAfter)
                stop.Cancel();
        }), Throws.InstanceOf<OperationCanceledException>());
        Train(second, broken.Path, objective);
        Assert.That(Micro.Weights(second), Is.EqualTo(Micro.Weights(uninterrupted)));
        Assert.That(Losses(broken), Is.EqualTo(Losses(whole)));
    }

    [Test]
    public void Activations_that_are_computed_again_give_the_same_bits()
    {
        using TemporaryFolder one = new(), other = new();
        using Decoder kept = Micro.Model(), again = Micro.Model();
        Train(kept, one.Path, new TrDpo(0.5) { SyncSteps = 2 });
        Train(again, other.Path, new TrDpo(0.5) { SyncSteps = 2 }, recompute: true);
        Assert.That(Micro.Weights(again), Is.EqualTo(Micro.Weights(kept)));
    }

    [Test]
    public void Without_a_model_that_can_move_it_is_refused() =>
        Assert.That(() => new PreferenceGoal(new TrDpo(0.5), s_pairs, null), Throws.ArgumentException.With.Message.EqualTo("TR-DPO needs a second model beside the policy, and is given none"));

    private static void Train(Decoder policy, string folder, TrDpo objective, TrainingSettings? settings = null,
        Action<TrainingProgress>? told = null, bool recompute = false, CancellationToken cancel = default)
    {
        using Decoder reference = Micro.Model();
        var goal = new PreferenceGoal(objective, s_pairs, null, 3, new(policy, reference, CPU));
        var run = new TrainingRun { Folder = folder, Speed = new() { MicroBatch = 4, Recompute = recompute }, Progress = new Immediate<TrainingProgress>(told ?? (_ => { })) };
        new Trainer(policy, goal, settings ?? Micro.Settings(), run).Train(cancel);
    }

    private static double[] Losses(TemporaryFolder folder) =>
        [.. File.ReadLines(folder.File("steps.jsonl")).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("loss").GetDouble())];
}
