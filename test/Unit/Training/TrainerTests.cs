using System.Text.Json;
using Alignment.Models;
using Alignment.Objectives;
using Alignment.Training;
using NUnit.Framework;
using TorchSharp;

namespace Alignment.Tests.Unit.Training;

[NonParallelizable]
public class TrainerTests
{
    private static readonly string[] s_preferenceNames =
    [
        "step", "epoch", "loss", "rewards/chosen", "rewards/rejected", "rewards/margins", "rewards/accuracies", "logps/chosen", "logps/rejected",
        "grad_norm", "learning_rate", "num_tokens", "tokens_per_second",
    ];

    [Test]
    public void Sft_lowers_the_loss_on_its_own_data()
    {
        using var folder = new TemporaryFolder();
        using Decoder model = Micro.Model();
        new Trainer(model, new SftGoal(Micro.Pairs(24)), Micro.Settings(epochs: 8), new() { Folder = folder.Path }).Train();
        double[] losses = Logged(folder, "loss");
        Assert.That(losses, Has.Length.EqualTo(24));
        Assert.That(losses[^1], Is.LessThan(losses[0] - 0.5));
    }

    [Test]
    public void Simpo_raises_its_margins()
    {
        using var folder = new TemporaryFolder();
        using Decoder model = Micro.Model();
        new Trainer(model, new PreferenceGoal(new SimPo(2, 0.5), Micro.Pairs(24), null), Micro.Settings(epochs: 6), new() { Folder = folder.Path }).Train();
        Assert.That(Logged(folder, "rewards/margins")[^1], Is.GreaterThan(Logged(folder, "rewards/margins")[0] + 0.5));
        Assert.That(Logged(folder, "rewards/accuracies")[^1], Is.GreaterThan(0.8));
    }

    [Test]
    public void Steps_are_logged_under_the_names_of_trl()
    {
        using var folder = new TemporaryFolder();
        using Decoder model = Micro.Model();
        new Trainer(model, new PreferenceGoal(new SimPo(2, 0.5), Micro.Pairs(10), null), Micro.Settings(epochs: 1), new() { Folder = folder.Path }).Train();
        JsonElement[] rows = [.. File.ReadLines(folder.File("steps.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.That(rows.Select(row => row.GetProperty("step").GetInt64()), Is.EqualTo(new[] { 1, 2 }));
        Assert.That(rows[0].EnumerateObject().Select(property => property.Name), Is.EqualTo(s_preferenceNames));
        Assert.That(rows[^1].GetProperty("epoch").GetDouble(), Is.EqualTo(1));
        Assert.That(rows[^1].GetProperty("num_tokens").GetInt64(),
            Is.EqualTo(Micro.Pairs(10).Sum(pair => 2 * pair.Prompt.Length + pair.Chosen.Length + pair.Rejected.Length)));
    }

    [Test]
    public void Gradient_of_a_batch_does_not_depend_on_the_micro_batch([Values("SFT", "SimPO")] string goalName, [Values(1, 3, 16)] int microBatch)
    {
        Dictionary<string, float[]> whole = Gradient(goalName, 256), parts = Gradient(goalName, microBatch);
        foreach ((string name, float[] gradient) in whole)
            Assert.That(parts[name], Is.EqualTo(gradient).Within(1e-6), name);
    }

    [Test]
    public void A_batch_is_one_row_of_the_log_and_one_step_whatever_the_micro_batch()
    {
        using TemporaryFolder small = new(), large = new();
        foreach ((TemporaryFolder folder, int microBatch) in new[] { (small, 2), (large, 64) })
        {
            using Decoder model = Micro.Model();
            var run = new TrainingRun { Folder = folder.Path, Speed = new() { MicroBatch = microBatch } };
            new Trainer(model, new PreferenceGoal(new SimPo(2, 0.5), Micro.Pairs(20), null), Micro.Settings(learningRate: 1e-3), run).Train();
        }
        foreach (string name in s_preferenceNames[..^1])
            Assert.That(Logged(small, name), Is.EqualTo(Logged(large, name)).Within(1e-4), name);
    }

    [Test]
    public void Same_seed_gives_the_same_weights_bit_for_bit()
    {
        float[] once = Trained(3), again = Trained(3), otherwise = Trained(4);
        Assert.That(again, Is.EqualTo(once));
        Assert.That(otherwise, Is.Not.EqualTo(once));

        float[] Trained(ulong seed)
        {
            using var folder = new TemporaryFolder();
            using Decoder model = Micro.Model();
            new Trainer(model, new SftGoal(Micro.Pairs(20)), Micro.Settings() with { Seed = seed }, new() { Folder = folder.Path }).Train();
            return [.. Micro.Weights(model).Values.SelectMany(values => values)];
        }
    }

    [Test]
    public void Tensors_do_not_grow_over_steps()
    {
        using var folder = new TemporaryFolder();
        using Decoder model = Micro.Model();
        List<long> live = [];
        var progress = new Immediate<TrainingProgress>(_ => live.Add(DisposeScopeManager.Statistics.ThreadTotalLiveCount));
        var goal = new PreferenceGoal(new SimPo(2, 0.5), Micro.Pairs(24), null);
        DisposeScopeManager.Statistics.Reset();
        new Trainer(model, goal, Micro.Settings(epochs: 4), new() { Folder = folder.Path, Progress = progress }).Train();
        Assert.That(live, Has.Count.EqualTo(12));
        Assert.That(live[^1], Is.EqualTo(live[1]));
    }

    [Test]
    public void Progress_counts_every_step_and_ends_with_no_time_left()
    {
        using var folder = new TemporaryFolder();
        using Decoder model = Micro.Model();
        List<TrainingProgress> told = [];
        var run = new TrainingRun { Folder = folder.Path, Progress = new Immediate<TrainingProgress>(told.Add) };
        new Trainer(model, new SftGoal(Micro.Pairs(20)), Micro.Settings(), run).Train();
        Assert.That(told.Select(item => item.Step), Is.EqualTo(new[] { 1, 2, 3, 4, 5, 6 }));
        Assert.That(told.Select(item => (item.Goal, item.Steps)), Is.All.EqualTo(("SFT", 6L)));
        Assert.That(told[^1].TimeLeft, Is.EqualTo(TimeSpan.Zero));
    }

    private static Dictionary<string, float[]> Gradient(string goalName, int microBatch)
    {
        using Decoder model = Micro.Model();
        IPolicyGoal goal = goalName == "SFT" ? new SftGoal(Micro.Pairs(256)) : new PreferenceGoal(new SimPo(2, 0.5), Micro.Pairs(256), null);
        new BatchGradient(model, goal, new() { MicroBatch = microBatch }).Add(Enumerable.Range(0, 256).ToArray());
        return model.named_parameters().ToDictionary(item => item.name, item => Micro.Numbers(item.parameter.grad!));
    }

    private static double[] Logged(TemporaryFolder folder, string name) =>
        [.. File.ReadLines(folder.File("steps.jsonl")).Select(line => JsonDocument.Parse(line).RootElement.GetProperty(name).GetDouble())];
}
