using Alignment.Checkpoints.Safetensors;
using Alignment.Data;
using Alignment.Models;
using Alignment.Objectives;
using Alignment.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Training;

[NonParallelizable]
public class LoraTrainingTests
{
    private static readonly LoraSettings s_lora = new() { Rank = 2, Alpha = 4, Targets = ["qkv_proj", "o_proj"] };

    [Test]
    public void Training_moves_the_adapters_alone_and_begins_at_log_two()
    {
        using var folder = new TemporaryFolder();
        using Decoder model = Micro.Model();
        Dictionary<string, float[]> before = Micro.Weights(model);
        LoraAdapters adapters = LoraAdapters.Attach(model, s_lora, 1);
        List<double> losses = [];
        Train(model, Reference(adapters, model), folder.Path, new Immediate<TrainingProgress>(told => losses.Add(told.Loss)));
        Assert.That(losses[0], Is.EqualTo(Math.Log(2)).Within(1e-6));
        Assert.That(losses[^1], Is.LessThan(losses[0] - 0.01));
        Assert.That(Micro.Weights(model), Is.EqualTo(before), "the base weights are bit for bit as they were");
        Assert.That(adapters.Parameters.Values.Select(Micro.Numbers), Has.All.Matches<float[]>(values => values.Any(value => value != 0)),
            "every B has moved");
    }

    [Test]
    public void The_reference_is_the_trained_model_with_its_adapters_off()
    {
        using var folder = new TemporaryFolder();
        using Decoder model = Micro.Model(), plain = Micro.Model();
        TokenizedPair[] pairs = Micro.Pairs(12);
        ReferenceLogProbs expected = ReferencePass.Compute(plain, pairs, new());
        LoraAdapters adapters = LoraAdapters.Attach(model, s_lora, 1);
        Train(model, expected, folder.Path);
        ReferenceLogProbs actual = Reference(adapters, model);
        Assert.That(actual.ChosenSums, Is.EqualTo(expected.ChosenSums));
        Assert.That(ReferencePass.Compute(model, pairs, new()).ChosenSums, Is.Not.EqualTo(expected.ChosenSums));
    }

    [Test]
    public void An_interrupted_run_ends_bit_identical_and_its_checkpoint_holds_the_adapters_alone()
    {
        using TemporaryFolder whole = new(), broken = new();
        using Decoder uninterrupted = Micro.Model(), first = Micro.Model(), second = Micro.Model();
        foreach ((Decoder model, ulong seed) in new[] { (uninterrupted, 1ul), (first, 1ul), (second, 8ul) })
            LoraAdapters.Attach(model, s_lora, seed);
        ReferenceLogProbs reference = Reference(uninterrupted.Adapters!, uninterrupted);
        Train(uninterrupted, reference, whole.Path);
        using (var cancel = new CancellationTokenSource())
            Assert.That(() => Train(first, reference, broken.Path, new Immediate<TrainingProgress>(told => CancelAt(told.Step, cancel)),
                cancel.Token),
                Throws.InstanceOf<OperationCanceledException>());
        using (SafetensorsFile checkpoint = SafetensorsFile.Open(Path.Combine(Directory.GetDirectories(broken.Path).Single(), "weights.safetensors")))
            Assert.That(checkpoint.Entries.Select(entry => entry.Name), Is.EquivalentTo(first.Adapters!.Parameters.Keys));
        Train(second, reference, broken.Path);
        foreach ((string name, TorchSharp.torch.Tensor value) in uninterrupted.Adapters!.Parameters)
            Assert.That(Micro.Numbers(second.Adapters!.Parameters[name]), Is.EqualTo(Micro.Numbers(value)), name);
    }

    private static void CancelAt(long step, CancellationTokenSource cancel)
    {
        if (step == 2)
            cancel.Cancel();
    }

    private static ReferenceLogProbs Reference(LoraAdapters adapters, Decoder model)
    {
        using (adapters.Off())
            return ReferencePass.Compute(model, Micro.Pairs(12), new());
    }

    private static void Train(Decoder model, ReferenceLogProbs reference, string folder, IProgress<TrainingProgress>? progress = null,
        CancellationToken cancel = default) =>
        new Trainer(model, new PreferenceGoal(new Dpo(0.5), Micro.Pairs(12), reference), Micro.Settings(batchSize: 4),
            new() { Folder = folder, Speed = new() { MicroBatch = 4 }, Progress = progress }).Train(cancel);
}
