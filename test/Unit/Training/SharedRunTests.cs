using Alignment.Distributed;
using Alignment.Models;
using Alignment.Tests.Unit.Distributed;
using Alignment.Training;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Training;

/// <summary>What several ranks hold of a run: a share of the weights each while it trains, and of averages the bits of one rank.</summary>
[NonParallelizable]
public class SharedRunTests
{
    private static readonly WeightAverage s_average = new(2, 1);

    // between two steps a rank has no whole weight, so that a model may be larger than its memory
    [TestCase(1), TestCase(2)]
    public void The_weights_are_shared_where_there_are_several_ranks(int ranks)
    {
        using TemporaryFolder folder = new();
        List<long> held = [];
        Run(ranks, own =>
        {
            using Decoder model = Micro.Model();
            Train(model, own, folder.Path, new Immediate<TrainingProgress>(_ => held.Add(model.named_parameters().Sum(item => item.parameter.numel()))));
            return 0;
        });
        using Decoder whole = Micro.Model();
        Assert.That(held, Is.Not.Empty.And.All.EqualTo(ranks == 1 ? whole.named_parameters().Sum(item => item.parameter.numel()) : 0));
    }

    [Test]
    public void Averages_are_of_what_the_optimiser_steps_and_not_of_its_rounding()
    {
        string alone = Averaged(1);
        Assert.That(Averaged(2), Is.EqualTo(alone));
        Assert.That(alone, Does.Contain("model.embed_tokens.weight"));
    }

    // the bits of the means, name by name
    private static string Averaged(int ranks)
    {
        using TemporaryFolder folder = new();
        Dictionary<string, long[]>[] shapes = Run(ranks, own =>
        {
            using var model = Decoder.Initialised(Micro.Config, 7, Placement.Of(Precision.BFloat16, CPU));
            Train(model, own, folder.Path);
            return model.Trained.ToDictionary(item => item.Key, item => item.Value.shape);
        });
        using var scope = NewDisposeScope();
        using var pieces = new CheckpointPieces(folder.Path, s_average.Part);
        return string.Join('\n', shapes[0].Select(item =>
        {
            Tensor mean = empty(item.Value, ScalarType.Float32);
            pieces.Fill(item.Key, mean);
            return $"{item.Key} {Convert.ToHexString(mean.bytes)}";
        }));
    }

    private static void Train(Decoder model, ICollectives ranks, string folder, IProgress<TrainingProgress>? told = null)
    {
        var run = new TrainingRun { Folder = folder, Speed = new() { MicroBatch = 1, Ranks = ranks }, Averages = [s_average], Progress = told };
        new Trainer(model, new SftGoal(Micro.Pairs(6)), new() { LearningRate = 1e-3, Epochs = 1, BatchSize = 3, Seed = 1 }, run).Train();
    }

    private static T[] Run<T>(int ranks, Func<ICollectives, T> work) => ranks == 1 ? [work(new SingleProcess(CPU))] : RanksInTurn.Run(ranks, work);
}
