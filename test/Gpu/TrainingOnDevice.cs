using System.Text.Json;
using Alignment.Data;
using Alignment.Kernels.LogProbs;
using Alignment.Kernels.Native;
using Alignment.Models;
using Alignment.Objectives;
using Alignment.Training;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Gpu;

/// <summary>Whole training steps: same weights, same batch, then loss, gradient norm and updated weights.</summary>
public sealed class TrainingOnDevice(string kind) : DeviceFixture(kind)
{
    private static readonly string[] s_goals = ["SFT", "DPO", "LN-DPO", "SimPO"];
    private readonly TokenizedPair[] _pairs = MicroModels.Pairs(12);
    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("alignment-gpu-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void One_step_gives_the_loss_the_norm_and_the_weights_of_the_cpu([ValueSource(nameof(s_goals))] string goal)
    {
        (Decoder here, double[] expected) = Train(goal, CPU, "here", _pairs.Length);
        (Decoder there, double[] actual) = Train(goal, Device, "there", _pairs.Length);
        using (here)
        using (there)
        {
            Assert.That(there.Head.device_type, Is.EqualTo(Device.type));
            Near.Float32.CheckNumbers(actual, expected, "loss and gradient norm");
            CheckWeights(there, here, Near.Float32);
        }
    }

    // two devices drift apart by rounding, step by step
    [Test]
    public void Three_steps_in_micro_batches_of_two_stay_near([ValueSource(nameof(s_goals))] string goal)
    {
        (Decoder here, double[] expected) = Train(goal, CPU, "here", 4);
        (Decoder there, double[] actual) = Train(goal, Device, "there", 4, microBatch: 2);
        using (here)
        using (there)
        {
            var near = new Near(1e-3, 1e-2);
            near.CheckNumbers(actual, expected, "losses and gradient norms");
            CheckWeights(there, here, near);
        }
    }

    [Test]
    public void The_reference_pass_gives_the_sums_of_the_cpu()
    {
        using Decoder here = MicroModels.Policy(CPU), there = MicroModels.Policy(Device);
        ReferenceLogProbs expected = ReferencePass.Compute(here, _pairs, new());
        ReferenceLogProbs actual = ReferencePass.Run(there, _pairs, _folder, new() { Device = Device, MicroBatch = 5 });
        Near near = Near.Float32 with { Absolute = 1e-3 };
        near.CheckNumbers([.. actual.ChosenSums], [.. expected.ChosenSums.Select(sum => (double)sum)], "chosen");
        near.CheckNumbers([.. actual.RejectedSums], [.. expected.RejectedSums.Select(sum => (double)sum)], "rejected");
        string hash = ReferenceKey.Of(here.Module, _pairs);
        Assert.That(ReferenceKey.Of(there.Module, _pairs), Is.EqualTo(hash), "the hash is of content, not of place");
    }

    // float32 heads of a width of whole eights: libtorch's memory-efficient kernels, where they are packed
    [Test]
    public void Packed_sequences_have_the_scores_and_gradients_of_padded_ones()
    {
        using Decoder packed = MicroModels.Policy(Device), padded = MicroModels.Policy(Device);
        ScoredSequences sequences = PairSequences.Preference(_pairs);
        SequenceScores own = SequenceScoring.Packed(packed, sequences, Device), plain = SequenceScoring.Padded(padded, sequences, Device);
        own.Sums.sum().backward();
        plain.Sums.sum().backward();
        BackwardFailure.Rethrow();
        Near near = Near.Float32 with { Absolute = 1e-3 };
        near.CheckNumbers(Numbers(own.Sums), Numbers(plain.Sums), "sums");
        foreach (((string name, var one), (string _, var other)) in packed.Module.named_parameters().Zip(padded.Module.named_parameters()))
            near.CheckNumbers(Numbers(one.grad!), Numbers(other.grad!), name);

        static double[] Numbers(Tensor values) => [.. values.detach().cpu().to(ScalarType.Float64).data<double>()];
    }

    [Test]
    public void A_run_stopped_on_one_device_goes_on_on_the_other([Values] bool startsOnCpu)
    {
        (Decoder whole, double[] _) = Train("DPO", CPU, "whole", 4);
        using var stop = new CancellationTokenSource();
        using Decoder first = MicroModels.Policy(startsOnCpu ? CPU : Device), second = MicroModels.Policy(startsOnCpu ? Device : CPU);
        IPolicyGoal goal = Goal("DPO", CPU);
        var stopped = new TrainingRun { Folder = _folder, Speed = new() { Device = first.Head.device }, Progress = new StopAt(1, stop) };
        Assert.That(() => new Trainer(first, goal, MicroModels.Settings(4), stopped).Train(stop.Token), Throws.InstanceOf<OperationCanceledException>());
        var resumed = new TrainingRun { Folder = _folder, Speed = new() { Device = second.Head.device } };
        TrainingResult result = new Trainer(second, goal, MicroModels.Settings(4), resumed).Train();
        using (whole)
        {
            Assert.That(result.Steps, Is.EqualTo(3));
            CheckWeights(second, whole, new Near(1e-3, 1e-2));
        }
    }

    private (Decoder Model, double[] LossesAndNorms) Train(string goal, Device device, string name, int batchSize, int microBatch = 16)
    {
        Decoder model = MicroModels.Policy(device);
        string folder = Path.Combine(_folder, name);
        var run = new TrainingRun { Folder = folder, Speed = new() { Device = device, MicroBatch = microBatch } };
        new Trainer(model, Goal(goal, device), MicroModels.Settings(batchSize), run).Train();
        return (model, [.. File.ReadLines(Path.Combine(folder, "steps.jsonl")).SelectMany(LossAndNorm)]);
    }

    // the reference differs from the policy: at equal weights DPO's loss is log 2 whatever the model says
    private IPolicyGoal Goal(string goal, Device device)
    {
        if (goal == "SFT")
            return new SftGoal(_pairs);
        using Decoder other = MicroModels.Policy(device, seed: 2);
        ReferenceLogProbs reference = ReferencePass.Compute(other, _pairs, new() { Device = device });
        return new PreferenceGoal(goal switch { "DPO" => new Dpo(0.1), "LN-DPO" => new LnDpo(2), _ => new SimPo(2, 1) }, _pairs, reference);
    }

    private static IEnumerable<double> LossAndNorm(string line)
    {
        using var step = JsonDocument.Parse(line);
        return [step.RootElement.GetProperty("loss").GetDouble(), step.RootElement.GetProperty("grad_norm").GetDouble()];
    }

    private static void CheckWeights(Decoder actual, Decoder expected, Near near)
    {
        Dictionary<string, TorchSharp.Modules.Parameter> all = expected.named_parameters().ToDictionary(item => item.name, item => item.parameter);
        foreach ((string name, TorchSharp.Modules.Parameter parameter) in actual.named_parameters())
            near.Check(parameter, all[name], name);
    }

    private sealed class StopAt(long step, CancellationTokenSource stop) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Step == step)
                stop.Cancel();
        }
    }
}
