using System.Text.Json;
using Alignment.Data;
using Alignment.Objectives;
using Alignment.Tests.Unit.Objectives;
using Alignment.Training;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Training;

/// <summary>Every objective through the trainer, with all it needs: reference, shared sums, the whole batch.</summary>
[NonParallelizable]
public class ObjectiveTrainingTests
{
    private static readonly TokenizedPair[] s_pairs = Micro.Pairs(8);

    private static IEnumerable<TestCaseData> Each => AllObjectives.OfOneModel.Select(objective => new TestCaseData(objective).SetArgDisplayNames(objective.Name));

    [TestCaseSource(nameof(Each))]
    public void Two_steps_train_and_are_logged(Objective objective)
    {
        using var folder = new TemporaryFolder();
        using var model = Micro.Model();
        Dictionary<string, float[]> before = Micro.Weights(model);
        PreferenceGoal goal = Goal(objective);
        var run = new TrainingRun { Folder = folder.Path, Speed = new() { MicroBatch = 3 } };
        new Trainer(model, goal, Micro.Settings(batchSize: 4, epochs: 1), run).Train();
        JsonElement[] steps = [.. File.ReadLines(folder.File("steps.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.That(steps, Has.Length.EqualTo(2));
        using (Assert.EnterMultipleScope())
        {
            foreach (JsonProperty value in steps.SelectMany(step => step.EnumerateObject()))
                Assert.That(double.IsFinite(value.Value.GetDouble()), $"{objective.Name} {value.Name}");
            Assert.That(steps[0].TryGetProperty("log_ratios/chosen", out _), Is.EqualTo(objective.NeedsReference));
            Assert.That(Micro.Weights(model).Any(weight => !weight.Value.SequenceEqual(before[weight.Key])), "nothing was learnt");
        }
    }

    // objectives that couple pairs go another way through the model when the batch is cut
    [TestCaseSource(nameof(Each))]
    public void Gradient_of_a_batch_does_not_depend_on_the_micro_batch(Objective objective)
    {
        (Dictionary<string, float[]> whole, double loss) = Gradient(objective, 8);
        foreach (int microBatch in new[] { 1, 3 })
        {
            (Dictionary<string, float[]> parts, double sameLoss) = Gradient(objective, microBatch);
            double largest = whole.Values.SelectMany(values => values).Max(Math.Abs);
            Assert.That(largest, Is.Positive);
            Assert.That(sameLoss, Is.EqualTo(loss).Within(1e-5 * Math.Abs(loss)));
            foreach ((string name, float[] gradient) in whole)
                Assert.That(parts[name], Is.EqualTo(gradient).Within(2e-5 * largest), $"{name} at micro-batch {microBatch}");
        }
    }

    [Test]
    public void A_coupled_batch_leaves_no_tensors_behind()
    {
        using var model = Micro.Model();
        PreferenceGoal goal = Goal(new Kto(0.1));
        var gradient = new BatchGradient(model, goal, new() { MicroBatch = 3 });
        int[] batch = [.. Enumerable.Range(0, 8)];
        gradient.Add(batch); // makes the gradients
        DisposeScopeManager.Statistics.Reset();
        gradient.Add(batch);
        Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.Zero);
    }

    [Test]
    public void Ld_dpo_trains_with_the_shared_sums_of_its_own_tokens()
    {
        using var model = Micro.Model();
        ReferenceLogProbs reference = ReferencePass.Compute(model, s_pairs, new() { MicroBatch = 3 });
        for (int i = 0; i < s_pairs.Length; i++)
        {
            int shared = Math.Min(s_pairs[i].Chosen.Length, s_pairs[i].Rejected.Length);
            TokenizedPair cut = s_pairs[i] with { Chosen = s_pairs[i].Chosen[..shared], Rejected = s_pairs[i].Rejected[..shared] };
            ReferenceLogProbs alone = ReferencePass.Compute(model, [cut], new());
            Assert.That(reference.ChosenSharedSums[i], Is.EqualTo(alone.ChosenSums[0]).Within(1e-4));
            Assert.That(reference.RejectedSharedSums[i], Is.EqualTo(alone.RejectedSums[0]).Within(1e-4));
        }
    }

    [Test]
    public void Shared_sums_survive_the_file_of_the_reference_pass()
    {
        using var folder = new TemporaryFolder();
        using var model = Micro.Model();
        ReferencePass.Run(model, s_pairs, folder.Path, new());
        ReferenceLogProbs read = ReferencePass.Run(model, s_pairs, folder.Path, new()), computed = ReferencePass.Compute(model, s_pairs, new());
        Assert.That(read.ChosenSharedSums, Is.EqualTo(computed.ChosenSharedSums));
        Assert.That(read.RejectedSharedSums, Is.EqualTo(computed.RejectedSharedSums));
    }

    private static PreferenceGoal Goal(Objective objective)
    {
        using var other = Micro.Model(seed: 2);
        return new(objective, s_pairs, objective.NeedsReference ? ReferencePass.Compute(other, s_pairs, new()) : null);
    }

    private static (Dictionary<string, float[]> Gradients, double Loss) Gradient(Objective objective, int microBatch)
    {
        using var scope = NewDisposeScope();
        using var model = Micro.Model();
        BatchSums sums = new BatchGradient(model, Goal(objective), new() { MicroBatch = microBatch }).Add([.. Enumerable.Range(0, 8)]);
        return (model.named_parameters().ToDictionary(item => item.name, item => Micro.Numbers(item.parameter.grad!)), sums.Loss);
    }
}
