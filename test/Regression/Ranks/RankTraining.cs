using System.Runtime.InteropServices;
using Alignment.Data;
using Alignment.Distributed;
using Alignment.Files;
using Alignment.Models;
using Alignment.Objectives;
using Alignment.Training;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression.Ranks;

/// <summary>A small training run on any number of ranks.</summary>
internal sealed class RankTraining
{
    private const int Vocabulary = 61, Rows = 13, BatchSize = 5; // the last batch of an epoch has three rows: some ranks have none

    /// <summary>What is trained, by name.</summary>
    public static readonly string[] Variants = ["sft", "dpo", "coupled", "running", "labelled", "tied", "lora", "bfloat16"];

    private readonly string _variant;
    private readonly TokenizedPair[] _pairs = [.. Enumerable.Range(0, Rows).Select(Pair)];

    public RankTraining(string variant) => _variant = variant;

    /// <summary>Stops after so many steps, as a preempted job does; null goes to the end.</summary>
    public int? StopAfter { get; init; }

    /// <summary>Trains from the folder's newest checkpoint.</summary>
    /// <returns>The bits of the weights, which every rank has, and of each step's loss and gradient norm, which rank 0 writes.</returns>
    public string Run(ICollectives ranks, string folder)
    {
        using Decoder model = Model();
        IPolicyGoal goal = _variant == "sft" ? new SftGoal(_pairs) : _variant == "labelled" ? Labelled() : new PreferenceGoal(Objective(), _pairs, Reference(_pairs));
        if (_variant == "lora")
            LoraAdapters.Attach(model, new() { Rank = 4, Alpha = 8, Targets = [LoraSettings.AllLinear] }, 3);
        using var stop = new CancellationTokenSource();
        var run = new TrainingRun
        {
            Folder = folder,
            Speed = new() { MicroBatch = 1, CheckpointEvery = TimeSpan.MaxValue, CheckpointEverySteps = 2, Ranks = ranks },
            Progress = new Told(progress =>
            {
                if (progress.Step == StopAfter)
                    stop.Cancel();
            }),
        };
        TrainingSettings settings = new() { LearningRate = 1e-2, Epochs = 2, BatchSize = BatchSize, Seed = 5, MaxGradientNorm = 0.5, WeightDecay = 0.01 };
        try
        {
            new Trainer(model, goal, settings, run).Train(stop.Token);
        }
        catch (OperationCanceledException)
        {
            return "stopped";
        }
        return $"{Weights(model)} {(ranks.Rank == 0 ? Steps(folder) : "")}".TrimEnd();
    }

    private Decoder Model()
    {
        var config = new DecoderConfig
        {
            Shape = new() { Vocabulary = Vocabulary, Width = 24, Layers = 3, Heads = 4, KeyValueHeads = 2, MlpWidth = 40, MaxPositions = 64 },
            TiedHead = _variant == "tied",
        };
        return Decoder.Initialised(config, 7, _variant == "bfloat16" ? Placement.Of(Precision.BFloat16, CPU) : Placement.Host);
    }

    // the tied one has an NLL over the whole batch's tokens, too
    private Objective Objective() => _variant switch
    {
        "coupled" => new Aot(0.1),
        "running" => new BetaDpo(0.1, 0.6),
        "tied" => new Dpo(0.1) { NllWeight = 0.3 },
        _ => new Dpo(0.1),
    };

    private LabelledGoal Labelled()
    {
        LabelledRows rows = LabelledRows.Of([.. _pairs.Select((pair, row) => row % 3 == 0 ? pair with { Chosen = [] } : pair with { Rejected = [] })], 30);
        return new(new Kto(0.1).OnLabels, rows, Reference(rows));
    }

    private ReferenceLogProbs Reference(IReadOnlyList<TokenizedPair> pairs)
    {
        using Decoder reference = Model();
        return ReferencePass.Compute(reference, pairs, new() { MicroBatch = 4 });
    }

    private static TokenizedPair Pair(int row)
    {
        var random = new SeededRandom(9, $"pair/{row}");
        int[] Ids(int length) => [.. Enumerable.Range(0, length).Select(_ => random.NextInt(Vocabulary))];
        return new($"row {row}", Ids(2 + random.NextInt(6)), Ids(1 + random.NextInt(9)), Ids(1 + random.NextInt(9)), false, false);
    }

    private static string Weights(Decoder model)
    {
        using var scope = NewDisposeScope();
        using var print = new Fingerprint();
        foreach ((string name, Tensor weight) in model.Trained)
            print.Add(name).Add([.. MemoryMarshal.Cast<float, int>(weight.to(ScalarType.Float32).detach().contiguous().view(-1).data<float>().ToArray())]);
        return print.Hex(16);
    }

    // without what is a time
    private static string Steps(string folder) => Fingerprint.Of(string.Concat(File.ReadLines(Path.Combine(folder, "steps.jsonl"))
        .Select(line => line[..line.IndexOf("\"tokens_per_second\"", StringComparison.Ordinal)])), 16);

    private sealed class Told(Action<TrainingProgress> tell) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => tell(value);
    }
}
