using Alignment.Checkpoints.Safetensors;
using Alignment.Models;
using Alignment.Objectives;
using Alignment.Training;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Training;

/// <summary>Training in bfloat16 with masters in float32, on the device or on the host.</summary>
[NonParallelizable]
public class NarrowTrainingTests
{
    private static readonly LoraSettings s_lora = new() { Rank = 2, Alpha = 4, Targets = [LoraSettings.AllLinear] };

    [Test]
    public void An_interrupted_run_ends_bit_identical_wherever_its_state_was([Values] bool firstOnHost, [Values] bool thenOnHost, [Values] bool lora)
    {
        using TemporaryFolder whole = new(), broken = new();
        using Decoder uninterrupted = Model(lora: lora), first = Model(lora: lora), second = Model(lora: lora);
        using (no_grad())
            foreach (Tensor weight in second.Trained.Values)
                weight.zero_();
        Trainer(uninterrupted, whole.Path, onHost: false).Train();

        using (var cancel = new CancellationTokenSource())
        {
            var stop = new Immediate<TrainingProgress>(told => CancelAt(told.Step, cancel));
            Assert.That(() => Trainer(first, broken.Path, firstOnHost, stop).Train(cancel.Token), Throws.InstanceOf<OperationCanceledException>());
        }
        Trainer(second, broken.Path, thenOnHost).Train();

        Assert.That(Bytes(second), Is.EqualTo(Bytes(uninterrupted)));
    }

    [Test]
    public void Activations_that_are_computed_again_change_no_bit([Values] bool onHost, [Values] bool lora)
    {
        using TemporaryFolder folder = new(), other = new();
        using Decoder kept = Model(lora: lora), again = Model(lora: lora);
        Trainer(kept, folder.Path, onHost).Train();
        new Trainer(again, new SftGoal(Micro.Pairs(20)), Micro.Settings(), new() { Folder = other.Path, Speed = new() { MicroBatch = 3, OptimiserOnHost = onHost, Recompute = true } }).Train();
        Assert.That(Bytes(again), Is.EqualTo(Bytes(kept)));
    }

    [Test]
    public void A_checkpoint_holds_weights_in_bfloat16_and_masters_and_moments_in_float32()
    {
        using var folder = new TemporaryFolder();
        using Decoder model = Model();
        using (var cancel = new CancellationTokenSource())
        {
            var stop = new Immediate<TrainingProgress>(told => CancelAt(told.Step, cancel));
            Assert.That(() => Trainer(model, folder.Path, onHost: false, stop).Train(cancel.Token), Throws.InstanceOf<OperationCanceledException>());
        }
        string checkpoint = Directory.GetDirectories(folder.Path).Single();
        using SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(checkpoint, "weights.safetensors"));
        using SafetensorsFile state = SafetensorsFile.Open(Path.Combine(checkpoint, "optimizer.safetensors"));
        Assert.That(weights.Entries.Select(entry => entry.Type), Has.All.EqualTo(ScalarType.BFloat16));
        Assert.That(state.Entries.Select(entry => entry.Type), Has.All.EqualTo(ScalarType.Float32));
        Assert.That(state.Entries.Select(entry => entry.Name), Is.EquivalentTo(model.Trained.Keys
            .SelectMany(name => new[] { "0.master." + name, "0.exp_avg." + name, "0.exp_avg_sq." + name }).Append("0.step")));
    }

    [Test]
    public void The_first_loss_is_log_two_and_the_losses_are_near_those_of_float32()
    {
        using TemporaryFolder folder = new(), wideFolder = new();
        using Decoder narrow = Model(), wide = Micro.Model();
        double[] losses = Losses(narrow, folder.Path), expected = Losses(wide, wideFolder.Path);
        Assert.That(losses[0], Is.EqualTo(Math.Log(2)).Within(0.02));
        Assert.That(losses, Is.EqualTo(expected).Within(0.05));
        Assert.That(losses[^1], Is.LessThan(losses[0] - 0.02));
    }

    [Test]
    public void A_small_rate_moves_the_weights_in_the_end()
    {
        using var folder = new TemporaryFolder();
        using Decoder model = Model();
        Dictionary<string, byte[]> before = Bytes(model);
        new Trainer(model, new SftGoal(Micro.Pairs(20)), Micro.Settings(learningRate: 2e-5, epochs: 20), new() { Folder = folder.Path }).Train();
        Assert.That(Bytes(model), Is.Not.EqualTo(before));
    }

    private static Decoder Model(bool lora = false)
    {
        Decoder model = Decoder.Initialised(Micro.Config, 1, Placement.Of(Precision.BFloat16, CPU));
        if (lora)
            LoraAdapters.Attach(model, s_lora, 5);
        return model;
    }

    private static double[] Losses(Decoder model, string folder)
    {
        List<double> losses = [];
        var goal = new PreferenceGoal(new Dpo(0.1), Micro.Pairs(16), ReferencePass.Compute(model, Micro.Pairs(16), new() { MicroBatch = 3 }));
        new Trainer(model, goal, Micro.Settings(learningRate: 3e-3), new() { Folder = folder, Progress = new Immediate<TrainingProgress>(told => losses.Add(told.Loss)) }).Train();
        return [.. losses];
    }

    private static Trainer Trainer(Decoder model, string folder, bool onHost, IProgress<TrainingProgress>? told = null) => new(model, new SftGoal(Micro.Pairs(20)),
        Micro.Settings(), new() { Folder = folder, Speed = new() { MicroBatch = 3, OptimiserOnHost = onHost }, Progress = told });

    private static void CancelAt(long step, CancellationTokenSource cancel)
    {
        if (step == 3)
            cancel.Cancel();
    }

    private static Dictionary<string, byte[]> Bytes(Decoder model) => model.Trained.ToDictionary(one => one.Key, one => one.Value.detach().bytes.ToArray());
}
