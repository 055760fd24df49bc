using Alignment.Data;
using Alignment.Kernels.LogProbs;
using Alignment.Models;
using Alignment.Objectives;
using Alignment.Training;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Training;

/// <summary>ε-DPO's steps and the β that they move.</summary>
[NonParallelizable]
public class KlStepsTests
{
    private const double Epsilon = 0.3;

    private static readonly TokenizedPair[] s_pairs = Micro.Pairs(24);

    // from whole logits of both models, by the definition
    [Test]
    public void A_step_is_the_direction_in_which_the_margin_goes_on_both_sides()
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        using Decoder policy = Micro.Model(), reference = Micro.Model(seed: 2);
        ScoredSequences sequences = PairSequences.Preference(s_pairs);
        double[] found = new KlSteps(policy, reference, CPU).Of(sequences, Epsilon).data<double>().ToArray();
        double[] At(double mixture) => [.. s_pairs.Select(pair => Sum(pair.Prompt, pair.Chosen, mixture) - Sum(pair.Prompt, pair.Rejected, mixture))];
        (double[] here, double[] on, double[] back) = (At(0), At(Epsilon), At(-Epsilon));
        Assert.That(found, Is.EqualTo(here.Select((margin, i) => on[i] > margin && margin > back[i] ? 1.0 : on[i] < margin && margin < back[i] ? -1 : 0)));
        Assert.That(found.Distinct().Count(), Is.GreaterThan(1), "the models differ");
        Assert.That(new KlSteps(policy, policy, CPU).Of(sequences, Epsilon).data<double>().ToArray(), Is.All.Zero, "equal models have nowhere to go");

        double Sum(int[] prompt, int[] response, double mixture)
        {
            Tensor tokens = tensor([.. prompt.Concat(response).Select(id => (long)id)]).unsqueeze(0), mask = ones_like(tokens);
            Tensor Logits(Decoder model) => ((ILanguageModel)model).Logits(model.HiddenStates(tokens, mask))[0].narrow(0, prompt.Length - 1, response.Length).to(ScalarType.Float64);
            return PlainLogProbs.Mixed(Logits(policy), Logits(reference), tensor([.. response.Select(id => (long)id)]), mixture).sum().item<double>();
        }
    }

    [Test]
    public void Beta_follows_the_mean_of_a_batch_whatever_its_micro_batches()
    {
        double Beta(int microBatch)
        {
            using var scope = NewDisposeScope();
            using Decoder policy = Micro.Model(), reference = Micro.Model(seed: 2);
            PreferenceGoal goal = Goal(policy, reference);
            int[] batch = [.. Enumerable.Range(0, 24)];
            new BatchGradient(policy, goal, new() { MicroBatch = microBatch }).Add(batch);
            goal.EndStep(1);
            return goal.State()["beta"].item<double>();
        }

        using var outer = NewDisposeScope();
        using Decoder first = Micro.Model(), second = Micro.Model(seed: 2);
        double mean = new KlSteps(first, second, CPU).Of(PairSequences.Preference(s_pairs), Epsilon).mean().item<double>();
        Assert.That(mean, Is.Not.Zero);
        foreach (int microBatch in new[] { 24, 7, 1 })
            Assert.That(Beta(microBatch), Is.EqualTo(0.5 / (1 + Epsilon * mean)).Within(1e-15), $"{microBatch}");
    }

    // the second batch has the responses the other way round, so that its mean is the first one's with the other sign
    [Test]
    public void Beta_goes_on_from_step_to_step_up_and_down_and_stays_where_a_batch_is_empty()
    {
        using var scope = NewDisposeScope();
        using Decoder policy = Micro.Model(), reference = Micro.Model(seed: 2);
        TokenizedPair[] pairs = [.. s_pairs, .. s_pairs.Select(pair => pair with { Chosen = pair.Rejected, Rejected = pair.Chosen })];
        PreferenceGoal goal = Goal(policy, reference, pairs);
        double mean = new KlSteps(policy, reference, CPU).Of(PairSequences.Preference(s_pairs), Epsilon).mean().item<double>(), expected = 0.5;
        for (int step = 1; step <= 2; step++)
        {
            new BatchGradient(policy, goal, new() { MicroBatch = 24 }).Add([.. Enumerable.Range((step - 1) * 24, 24)]);
            goal.EndStep(step);
            expected /= 1 + Epsilon * (step == 1 ? mean : -mean);
            Assert.That(goal.State()["beta"].item<double>(), Is.EqualTo(expected).Within(1e-15), $"step {step}");
        }
        goal.EndStep(3);
        Assert.That(goal.State()["beta"].item<double>(), Is.EqualTo(expected).Within(1e-15), "nothing was seen");
    }

    [Test]
    public void Beta_is_in_checkpoints_so_that_an_interrupted_run_ends_bit_identical([Values(1, 4)] int interruptedAfter)
    {
        using TemporaryFolder whole = new(), broken = new();
        using Decoder uninterrupted = Micro.Model(), first = Micro.Model(), second = Micro.Model(seed: 99);
        Train(uninterrupted, whole.Path);
        using var stop = new CancellationTokenSource();
        Assert.That(() => Train(first, broken.Path, told =>
        {
            if (told.Step == interruptedAfter)
                stop.Cancel();
        }, stop.Token), Throws.InstanceOf<OperationCanceledException>());
        Train(second, broken.Path);
        Assert.That(Micro.Weights(second), Is.EqualTo(Micro.Weights(uninterrupted)));
    }

    private static PreferenceGoal Goal(Decoder policy, Decoder reference, TokenizedPair[]? pairs = null) =>
        new(new EpsilonDpo(0.5) { Epsilon = Epsilon }, pairs ?? s_pairs, ReferencePass.Compute(reference, pairs ?? s_pairs, new()), 3, new(policy, reference, CPU));

    private static void Train(Decoder policy, string folder, Action<TrainingProgress>? told = null, CancellationToken cancel = default)
    {
        using Decoder reference = Micro.Model();
        var run = new TrainingRun { Folder = folder, Speed = new() { MicroBatch = 5 }, Progress = new Immediate<TrainingProgress>(told ?? (_ => { })) };
        new Trainer(policy, Goal(policy, reference), Micro.Settings(), run).Train(cancel);
    }
}
