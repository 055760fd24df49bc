using Alignment.Checkpoints.Safetensors;
using Alignment.Distributed;
using Alignment.Models;
using Alignment.Objectives;
using Alignment.Tests.Unit.Distributed;
using Alignment.Training;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Training;

/// <summary>Ranks of this process train what one rank trains with the same micro-batches, bit for bit; test/Regression has the same with MPI.</summary>
[NonParallelizable]
public class ShardedTrainingTests
{
    private const int Rows = 13; // in batches of 5: in the last batch of an epoch, of three rows, some ranks have none

    private static readonly TrainingSettings s_settings = new() { LearningRate = 1e-2, Epochs = 2, BatchSize = 5, Seed = 5, MaxGradientNorm = 0.5, WeightDecay = 0.01 };

    private static readonly string[] s_variants = ["sft", "dpo", "coupled", "coupled and weighted", "tied", "lora", "tied lora", "bfloat16"];

    [Test]
    public void Any_number_of_ranks_gives_the_bits_of_one([ValueSource(nameof(s_variants))] string variant, [Values(2, 3)] int ranks)
    {
        using TemporaryFolder alone = new(), shared = new();
        string expected = Trained(variant, new SingleProcess(CPU), alone.Path);
        Assert.That(RanksInTurn.Run(ranks, own => Trained(variant, own, shared.Path), lastFirst: ranks == 2), Is.All.EqualTo(expected));
        Assert.That(Steps(shared), Is.EqualTo(Steps(alone)));
    }

    [Test]
    public void Rows_that_go_through_together_give_the_bits_of_one_rank_too()
    {
        using TemporaryFolder alone = new(), shared = new();
        string expected = Trained("coupled", new SingleProcess(CPU), alone.Path, microBatch: 2);
        Assert.That(RanksInTurn.Run(2, own => Trained("coupled", own, shared.Path, microBatch: 2)), Is.All.EqualTo(expected));
    }

    [TestCase("dpo", 2, 3), TestCase("dpo", 1, 2), TestCase("bfloat16", 3, 2), TestCase("bfloat16", 2, 1), TestCase("bfloat16", 1, 3), TestCase("tied lora", 3, 1)]
    public void A_checkpoint_of_so_many_ranks_goes_on_with_so_many_others(string variant, int before, int after)
    {
        using TemporaryFolder whole = new(), broken = new();
        string expected = Trained(variant, new SingleProcess(CPU), whole.Path);
        Assert.That(Run(before, own => Trained(variant, own, broken.Path, stopAfter: 3)), Is.All.EqualTo("stopped"));
        Assert.That(Directory.GetFiles(Directory.GetDirectories(broken.Path).Single()).Select(Path.GetFileName), Is.EquivalentTo(before == 1
            ? new[] { "optimizer.safetensors", "state.json", "weights.safetensors" }
            : [.. Enumerable.Range(0, before).SelectMany(rank => new[] { $"optimizer.0000{rank}.safetensors", $"weights.0000{rank}.safetensors" }), "state.json"]));
        foreach (string file in Directory.GetFiles(Directory.GetDirectories(broken.Path).Single(), "*.safetensors"))
            using (SafetensorsFile written = SafetensorsFile.Open(file))
                Assert.That(written.Entries.Where(entry => entry.End == entry.Begin).Select(entry => entry.Name), Is.Empty, "no piece of no numbers");
        Assert.That(Run(after, own => Trained(variant, own, broken.Path)), Is.All.EqualTo(expected));
        Assert.That(Steps(broken), Is.EqualTo(Steps(whole)));
    }

    [Test]
    public void A_stop_that_one_rank_is_asked_for_stops_all()
    {
        using TemporaryFolder folder = new();
        Assert.That(RanksInTurn.Run(3, own => Trained("sft", own, folder.Path, stopAfter: own.Rank == 1 ? 2 : null)), Is.All.EqualTo("stopped"));
        Assert.That(Directory.GetDirectories(folder.Path).Select(Path.GetFileName), Is.EqualTo(new[] { "checkpoint-00000002" }));
    }

    [TestCase("sft"), TestCase("coupled")]
    public void A_loss_that_is_not_a_number_stops_every_rank_with_the_same_words(string variant)
    {
        using TemporaryFolder folder = new();
        string[] messages = RanksInTurn.Run(2, own =>
        {
            using Decoder model = Model(variant);
            using (no_grad())
                model.Head.mul_(double.NaN);
            var run = new TrainingRun { Folder = folder.Path, Speed = new() { MicroBatch = 1, Ranks = own } };
            return Assert.Throws<NonFiniteLossException>(() => new Trainer(model, Goal(variant), s_settings, run).Train())!.Message;
        });
        Assert.That(messages[0], Does.StartWith($"{(variant == "sft" ? "SFT" : "AOT")} step 1: the loss is NaN; no step was finite before; rows of the batch: pairs.jsonl:"));
        Assert.That(messages[1], Is.EqualTo(messages[0]));
    }

    [Test]
    public void Training_leaves_no_tensor_behind([ValueSource(nameof(s_variants))] string variant, [Values] bool broken)
    {
        IPolicyGoal goal = Goal(variant);
        Left(); // makes statics
        Assert.That(Left(), Is.Zero);

        long Left()
        {
            using TemporaryFolder folder = new();
            using Decoder model = Model(variant);
            using LoraAdapters? adapters = model.Adapters;
            var run = new TrainingRun { Folder = folder.Path, Progress = new Immediate<TrainingProgress>(told => Break(told.Step)) };
            DisposeScopeManager.Statistics.Reset();
            var trainer = new Trainer(new ShardedTraining(model, goal, s_settings, run.Speed), run);
            Assert.That(() => trainer.Train(), broken ? Throws.TypeOf<TimeoutException>() : Throws.Nothing);
            return DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        }

        void Break(long step)
        {
            if (broken && step == 2)
                throw new TimeoutException();
        }
    }

    [Test]
    public void It_outlives_the_scope_it_was_made_in_and_a_batch_is_gathered_once()
    {
        using Decoder model = Model("dpo");
        ShardedTraining training;
        using (NewDisposeScope())
            training = new(model, Goal("dpo"), s_settings, new());
        int gathered = 0;
        training.AddGradient([0, 1, 2], () => gathered++);
        Assert.That(gathered, Is.EqualTo(1));
        Assert.That(training.Parameters.SelectMany(group => group.Parameters).Select(one => one.Parameter.IsInvalid), Has.None.True);
        training.Finish();
        training.Dispose();
    }

    private static T[] Run<T>(int ranks, Func<ICollectives, T> work) => ranks == 1 ? [work(new SingleProcess(CPU))] : RanksInTurn.Run(ranks, work);

    // the bits of all weights
    private static string Trained(string variant, ICollectives ranks, string folder, int? stopAfter = null, int microBatch = 1)
    {
        using Decoder model = Model(variant);
        using var stop = new CancellationTokenSource();
        var run = new TrainingRun
        {
            Folder = folder,
            Speed = new() { MicroBatch = microBatch, CheckpointEvery = TimeSpan.MaxValue, CheckpointEverySteps = 4, Ranks = ranks },
            Progress = new Immediate<TrainingProgress>(told => CancelAt(told.Step)),
        };
        try
        {
            new Trainer(model, Goal(variant), s_settings, run).Train(stop.Token);
        }
        catch (OperationCanceledException)
        {
            return "stopped";
        }
        return string.Join('\n', model.named_parameters().Select(item => (item.name, (Tensor)item.parameter)).Concat(model.Trained.Select(item => (item.Key, item.Value)))
            .Select(item => $"{item.Item1} {Convert.ToHexString(item.Item2.detach().bytes)}"));

        void CancelAt(long step)
        {
            if (step == stopAfter)
                stop.Cancel();
        }
    }

    private static Decoder Model(string variant)
    {
        DecoderConfig config = Micro.Config with { TiedHead = variant.StartsWith("tied", StringComparison.Ordinal) };
        var model = Decoder.Initialised(config, 7, variant == "bfloat16" ? Placement.Of(Precision.BFloat16, CPU) : Placement.Host);
        if (variant.EndsWith("lora", StringComparison.Ordinal))
            LoraAdapters.Attach(model, new() { Rank = 4, Alpha = 8, Targets = [LoraSettings.AllLinear] }, 3);
        return model;
    }

    private static IPolicyGoal Goal(string variant)
    {
        if (variant == "sft")
            return new SftGoal(Micro.Pairs(Rows));
        using Decoder reference = Micro.Model(seed: 7);
        Objective objective = variant switch { "coupled" => new Aot(0.1), "coupled and weighted" => new Mix(0.1) { Wpo = 0.5, Aot = 0.5 }, _ => new Dpo(0.1) };
        return new PreferenceGoal(objective, Micro.Pairs(Rows), ReferencePass.Compute(reference, Micro.Pairs(Rows), new()));
    }

    private static string[] Steps(TemporaryFolder folder) =>
        [.. File.ReadLines(folder.File("steps.jsonl")).Select(line => line[..line.IndexOf(",\"tokens_per_second", StringComparison.Ordinal)])];
}
