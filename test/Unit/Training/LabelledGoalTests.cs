using System.Text.Json;
using Alignment.Data;
using Alignment.Kernels.LogProbs;
using Alignment.Models;
using Alignment.Objectives;
using Alignment.Training;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Training;

/// <summary>Responses labelled one by one on the way from tokens to gradient.</summary>
[NonParallelizable]
internal sealed class LabelledGoalTests
{
    private static readonly LabelledKto s_kto = new() { Beta = 0.5, DesirableWeight = 2, UndesirableWeight = 1 };

    // prompts of 3, 2 and 1 tokens; responses of 2, 4 and 1
    private static readonly LabelledRows s_rows = LabelledRows.Of([Row("a", [1, 2, 3], [4, 5], true), Row("b", [1, 2], [6, 7, 8, 9], false), Row("c", [1], [2], true)], 50);
    private static readonly ReferenceLogProbs s_reference = new([-10, -20, -30], [-40, -50, -60], ["a", "b", "c"]);

    private static IEnumerable<TestCaseData> Objectives =>
        new LabelledObjective[] { s_kto, new LabelledApoZero(0.5) }.Select(objective => new TestCaseData(objective).SetArgDisplayNames(objective.Name));

    [Test]
    public void Kto_puts_each_response_and_its_mismatched_one_through_the_model_and_apo_zero_the_response_alone()
    {
        LabelledGoal kto = new(s_kto, s_rows, s_reference), apo = new(new LabelledApoZero(0.5), s_rows, s_reference);
        Assert.That(new[] { kto, apo }.Select(goal => (goal.Name, goal.CouplesRows, goal.Divisor([0, 2]))), Is.EqualTo(new[] { ("KTO", true, 2.0), ("APO-zero", false, 2.0) }));
        Assert.That(new[] { 0, 1, 2 }.Select(kto.Tokens), Is.EqualTo(new[] { 9, 10, 7 }));
        Assert.That(new[] { 0, 1, 2 }.Select(apo.Tokens), Is.EqualTo(new[] { 5, 6, 2 }));
        Assert.That(kto.Rows, Is.SameAs(s_rows));
        Assert.That(Texts(kto.Sequences([2, 0])), Is.EqualTo(new[] { "1 2", "1,2,3 4,5", "1 6,7,8,9", "1,2,3 2" }));
        Assert.That(Texts(apo.Sequences([2, 0])), Is.EqualTo(new[] { "1 2", "1,2,3 4,5" }));

        static string[] Texts(ScoredSequences sequences) => [.. sequences.All.Select(pair => $"{string.Join(',', pair.Prompt)} {string.Join(',', pair.Response)}")];
    }

    [Test]
    public void Losses_are_summed_and_what_is_logged_is_a_mean_over_the_responses_of_its_label()
    {
        using var scope = NewDisposeScope();
        // c = 2, −3 and 1 of rows a, b and c; the mismatched ones moved by 1, 4 and −2, so z = 1
        var scores = new SequenceScores(tensor([-8f, -29f, -23f, -39f, -62f, -46f], requires_grad: true), tensor([2L, 1, 4, 1, 4, 2]));
        SummedLoss loss = new LabelledGoal(s_kto, s_rows, s_reference).Loss(scores, [0, 2, 1], [0, 1, 2]);
        double S(double x) => 1 / (1 + Math.Exp(-x));
        Assert.That(loss.Sum.item<float>(), Is.EqualTo(2 * S(-0.5) + 2 * S(0) + S(-2)).Within(1e-6));
        Assert.That(loss.Sum.requires_grad);
        Assert.That(loss.Logged.Select(item => item.Value.requires_grad), Is.All.False);
        Assert.That(loss.Logged.Select(item => item.Key), Is.EqualTo(new[] { "rewards/chosen", "logps/chosen", "log_ratios/chosen", "rewards/rejected", "logps/rejected", "log_ratios/rejected", "kl" }));
        Assert.That(loss.Logged.Select(item => Micro.Numbers(item.Value).Average()), Is.EqualTo(new[] { 0.75f, -18.5f, 1.5f, -1.5f, -23f, -3f, 1f }).Within(1e-5));
    }

    // a batch of one label has no mean of the other, rather than a zero
    [TestCase(new[] { 0, 2 }, "rewards/chosen logps/chosen log_ratios/chosen kl"), TestCase(new[] { 1 }, "rewards/rejected logps/rejected log_ratios/rejected kl")]
    public void What_a_batch_has_none_of_is_not_logged(int[] batch, string names)
    {
        using var scope = NewDisposeScope();
        var scores = new SequenceScores(ones(2 * batch.Length), ones(2 * batch.Length, ScalarType.Int64));
        Assert.That(new LabelledGoal(s_kto, s_rows, s_reference).Loss(scores, batch, batch).Logged.Select(item => item.Key), Is.EqualTo(names.Split(' ')));
    }

    [Test]
    public void A_reference_of_other_rows_and_a_single_prompt_are_refused()
    {
        Assert.That(() => new LabelledGoal(s_kto, s_rows, s_reference with { Sources = ["a", "c", "b"] }), Throws.ArgumentException.With.Message.StartsWith("the reference pass has no row 1 for b"));
        LabelledRows same = LabelledRows.Of([Row("a", [1], [2], true), Row("b", [1], [3], false)], 9);
        var reference = new ReferenceLogProbs([-1, -2], [-3, -4], ["a", "b"]);
        Assert.That(() => new LabelledGoal(s_kto, same, reference), Throws.ArgumentException.With.Message.EqualTo("KTO needs responses to other prompts, and all rows have the same one"));
        Assert.That(new LabelledGoal(new LabelledApoZero(1), same, reference).Rows, Has.Count.EqualTo(2));
    }

    // the twin: one padded pass a sequence, TRL's steps one after the other, plain autograd
    [TestCaseSource(nameof(Objectives))]
    public void Gradient_of_a_batch_is_that_of_the_plain_twin_whatever_the_micro_batch(LabelledObjective objective)
    {
        LabelledRows rows = Labelled(9);
        ReferenceLogProbs reference = Reference(rows);
        (Dictionary<string, float[]> twin, double twinLoss) = Twin(objective, rows, reference);
        double largest = twin.Values.SelectMany(values => values).Max(Math.Abs);
        Assert.That(largest, Is.Positive);
        foreach ((int microBatch, bool recompute) in new[] { (9, false), (1, false), (4, false), (4, true) })
        {
            using var scope = NewDisposeScope();
            using Decoder model = Micro.Model();
            BatchSums sums = new BatchGradient(model, new LabelledGoal(objective, rows, reference), new() { MicroBatch = microBatch, Recompute = recompute }).Add([.. Enumerable.Range(0, 9)]);
            Assert.That(sums.Loss, Is.EqualTo(twinLoss).Within(1e-5));
            foreach ((string name, Tensor parameter) in model.named_parameters())
                Assert.That(Micro.Numbers(parameter.grad!), Is.EqualTo(twin[name]).Within(2e-5 * largest), $"{name} at micro-batch {microBatch}");
        }
    }

    [TestCaseSource(nameof(Objectives))]
    public void Two_epochs_train_and_an_interrupted_run_ends_bit_identical(LabelledObjective objective)
    {
        using TemporaryFolder whole = new(), broken = new();
        using Decoder uninterrupted = Micro.Model(), first = Micro.Model(), second = Micro.Model(seed: 99);
        LabelledRows rows = Labelled(12);
        ReferenceLogProbs reference = Reference(rows);
        Dictionary<string, float[]> before = Micro.Weights(uninterrupted);
        Train(uninterrupted, whole.Path, null);
        Assert.That(() => Train(first, broken.Path, 4), Throws.InstanceOf<OperationCanceledException>());
        Train(second, broken.Path, null);
        Assert.That(Micro.Weights(second), Is.EqualTo(Micro.Weights(uninterrupted)));
        Assert.That(Micro.Weights(uninterrupted).Any(weight => !weight.Value.SequenceEqual(before[weight.Key])), "nothing was learnt");
        JsonElement[] steps = [.. File.ReadLines(whole.File("steps.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.That(steps, Has.Length.EqualTo(6));
        Assert.That(steps.SelectMany(step => step.EnumerateObject()).Select(value => value.Value.GetDouble()), Is.All.Matches<double>(double.IsFinite));
        Assert.That(steps[0].TryGetProperty("kl", out _), Is.EqualTo(objective.NeedsMismatched));
        Assert.That(steps.Any(step => step.TryGetProperty("rewards/margins", out _)), Is.False, "a margin is of a pair");

        void Train(Decoder model, string folder, int? stopAfter)
        {
            using var stop = new CancellationTokenSource();
            var run = new TrainingRun
            {
                Folder = folder,
                Speed = new() { MicroBatch = 3, CheckpointEverySteps = 2 },
                Progress = new Immediate<TrainingProgress>(told =>
                {
                    if (told.Step == stopAfter)
                        stop.Cancel();
                }),
            };
            new Trainer(model, new LabelledGoal(objective, rows, reference), Micro.Settings(batchSize: 4), run).Train(stop.Token);
        }
    }

    [Test]
    public void A_batch_leaves_no_tensors_behind([Values] bool recompute)
    {
        using Decoder model = Micro.Model();
        LabelledRows rows = Labelled(8);
        var gradient = new BatchGradient(model, new LabelledGoal(s_kto, rows, Reference(rows)), new() { MicroBatch = 3, Recompute = recompute });
        int[] batch = [.. Enumerable.Range(0, 8)];
        gradient.Add(batch); // makes the gradients
        DisposeScopeManager.Statistics.Reset();
        gradient.Add(batch);
        Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.Zero);
    }

    private static (Dictionary<string, float[]> Gradients, double Loss) Twin(LabelledObjective objective, LabelledRows rows, ReferenceLogProbs reference)
    {
        using var scope = NewDisposeScope();
        using Decoder model = Micro.Model();
        Tensor Sum(int[] prompt, int[] response) => SequenceScoring.Padded(model, new([(prompt, response)]), CPU).Sums[0];
        Tensor[] ratios = [.. rows.Select((row, i) => Sum(row.Prompt, row.Chosen) - reference.ChosenSums[i])];
        double moved = rows.Select((row, i) => (double)Sum(row.Prompt, row.Rejected).item<float>() - reference.RejectedSums[i]).Average(), kl = objective is LabelledKto ? Math.Max(0, moved) : 0;
        (double beta, double good, double bad) = objective is LabelledKto kto ? (kto.Beta, kto.DesirableWeight, kto.UndesirableWeight) : (((LabelledApoZero)objective).Beta, 1, 1);
        Tensor loss = stack(ratios.Select((ratio, i) => rows.IsDesirable(i) ? (1 - ((ratio - kl) * beta).sigmoid()) * good : (1 - ((kl - ratio) * beta).sigmoid()) * bad)).mean();
        loss.backward();
        return (model.named_parameters().ToDictionary(item => item.name, item => Micro.Numbers(item.parameter.grad!)), loss.item<float>());
    }

    private static LabelledRows Labelled(int count) => LabelledRows.Of([.. Micro.Pairs(count).Select((pair, i) =>
        i % 3 == 0 ? pair with { Chosen = [], Rejected = pair.Rejected } : pair with { Rejected = [] })], 40);

    private static ReferenceLogProbs Reference(LabelledRows rows)
    {
        using Decoder other = Micro.Model(seed: 2);
        return ReferencePass.Compute(other, rows, new());
    }

    private static TokenizedPair Row(string source, int[] prompt, int[] response, bool isDesirable) =>
        isDesirable ? new(source, prompt, response, [], false, false) : new(source, prompt, [], response, false, false);
}
