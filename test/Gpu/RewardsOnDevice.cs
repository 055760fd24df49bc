using Alignment.Models.NeoX;
using Alignment.Rewards;
using Alignment.Training;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Gpu;

/// <summary>Scores of the gold model, and steps of its training.</summary>
internal sealed class RewardsOnDevice(string kind) : DeviceFixture(kind)
{
    [Test]
    public void Scores_are_those_of_the_cpu([Values] RewardPooling pooling)
    {
        using NeoXReward here = MicroModels.Reward(CPU, pooling), there = MicroModels.Reward(Device, pooling);
        int[][] rows = MicroModels.Rows(20);
        double[] expected = RewardScorer.Score(here, rows, new()), actual = RewardScorer.Score(there, rows, new() { BatchTokens = 90 });
        Assert.That(there.Device.type, Is.EqualTo(Device.type));
        Near.Float32.CheckNumbers(actual, expected, "reward");
    }

    [Test]
    public void A_left_padded_batch_scores_as_on_the_cpu()
    {
        using NeoXReward here = MicroModels.Reward(CPU, RewardPooling.Last), there = MicroModels.Reward(Device, RewardPooling.Last);
        Tensor tokens = arange(18, ScalarType.Int64).view(3, 6), mask = ones_like(tokens);
        mask[0].narrow(0, 0, 3).zero_();
        mask[2].narrow(0, 0, 1).zero_();
        Near.Float32.Check(there.Forward(tokens.to(Device), mask.to(Device)), here.Forward(tokens, mask), "reward");
    }

    [Test]
    public void Training_with_dropout_takes_the_steps_of_the_cpu()
    {
        (double[] expected, double[] scores) = Train(CPU);
        (double[] actual, double[] deviceScores) = Train(Device);
        var near = new Near(1e-3, 1e-2); // two devices drift apart by rounding, step by step
        near.CheckNumbers(actual, expected, "losses of the steps");
        near.CheckNumbers(deviceScores, scores, "rewards after training");
    }

    private static (double[] Losses, double[] Scores) Train(Device device)
    {
        using NeoXReward model = MicroModels.Reward(device, RewardPooling.Mean);
        int[][] rows = MicroModels.Rows(64);
        RewardPair[] pairs = [.. rows.Chunk(2).Select(pair => new RewardPair("", pair[0], pair[1]))];
        List<double> losses = [];
        var settings = new RewardTrainingSettings { Epochs = 1, LearningRate = 1e-3, Dropout = 0.1, MaxLength = 30, Seed = 3, BatchPairs = 8 };
        string folder = Directory.CreateTempSubdirectory("alignment-gpu-").FullName;
        var run = new TrainingRun { Folder = folder, Speed = new() { CheckpointEverySteps = 2 }, Progress = new Losses(losses) };
        RewardTraining.Run(model, new() { Train = pairs, Validation = pairs[..8], HeldOut = pairs[8..16] }, settings, run);
        Directory.Delete(folder, recursive: true);
        return ([.. losses], RewardScorer.Score(model, rows, new()));
    }

    private sealed class Losses(List<double> losses) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => losses.Add(value.Loss);
    }
}
