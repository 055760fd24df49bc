using System.Text.Json;
using Alignment.Data;
using Alignment.Distributed;
using Alignment.Models;
using Alignment.Training;

namespace Alignment.Tests.Gpu.Check;

/// <summary>A small training run on any number of ranks.</summary>
internal static class RankTraining
{
    private const int Pairs = 24, BatchSize = 8;

    /// <summary>The loss of each step.</summary>
    /// <param name="ranks">Those that train.</param>
    /// <param name="folder">The run's, which all of them see.</param>
    public static double[] Losses(ICollectives ranks, string folder)
    {
        using Decoder model = MicroModels.Policy(new Placement(TorchSharp.torch.ScalarType.Float32, ranks.Device));
        TokenizedPair[] pairs = MicroModels.Pairs(Pairs);
        // a micro-batch of one: as many for each number of ranks up to eight
        var run = new TrainingRun { Folder = folder, Speed = new() { Device = ranks.Device, Ranks = ranks, MicroBatch = 1 } };
        new Trainer(model, new SftGoal(pairs), MicroModels.Settings(BatchSize), run).Train();
        ranks.Barrier();
        return [.. File.ReadLines(Path.Combine(folder, "steps.jsonl")).Select(Loss)];
    }

    private static double Loss(string line)
    {
        using var step = JsonDocument.Parse(line);
        return step.RootElement.GetProperty("loss").GetDouble();
    }
}
