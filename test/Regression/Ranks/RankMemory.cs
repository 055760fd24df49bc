using System.Globalization;
using Alignment.Bench.Measuring;
using Alignment.Data;
using Alignment.Distributed;
using Alignment.Doctor;
using Alignment.Files;
using Alignment.Models;
using Alignment.Objectives;
using Alignment.Training;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression.Ranks;

/// <summary>What training takes of a rank's memory, from before the model is made until it is whole again, beside the estimate of the same run.</summary>
internal static class RankMemory
{
    private const int Batch = 4, Prompt = 2, Response = 254;

    /// <summary>What is trained, by name.</summary>
    public static readonly string[] Variants = ["float32", "bfloat16", "tied", "adapters", "pairs"];

    /// <summary>So that freed tensors go back at once, and the runtime takes little for itself.</summary>
    public static readonly string[] Environment =
        [AllocatorSlack.Setting, "DOTNET_TieredCompilation=0", "DOTNET_gcConcurrent=0", "DOTNET_GCgen0size=0x400000"];

    private static readonly LoraSettings s_lora = new() { Rank = 8, Alpha = 16, Targets = [LoraSettings.AllLinear] };

    /// <summary>The largest of the estimated stages that training is, and what it took, in bytes.</summary>
    public static string Measure(ICollectives ranks, string variant, string folder)
    {
        Workload work = Work(variant, ranks.Ranks);
        // what runtime, MPI and the libraries of products keep for themselves is there then
        Train(work with { Config = Config(variant, layers: 1) }, variant, ranks, (Batch, Path.Combine(folder, "first")));
        string[] stages = [variant == "pairs" ? "preference" : "SFT", "loading and saving"];
        long estimate = MemoryEstimate.Of(work).Where(memory => stages.Contains(memory.Stage)).Max(memory => memory.Bytes);
        ranks.Barrier();
        PeakMemory.TryRestart();
        long before = PeakMemory.Now;
        Train(work, variant, ranks, (2 * Batch, Path.Combine(folder, "second"))); // of two steps, the second has gradients and moments from its start
        return string.Create(CultureInfo.InvariantCulture, $"{estimate} {PeakMemory.Bytes - before}");
    }

    private static void Train(Workload work, string variant, ICollectives ranks, (int Pairs, string Folder) run)
    {
        using var model = new Decoder(work.Config, Placement.Of(work.Narrow ? Precision.BFloat16 : Precision.Float32, CPU));
        Fill(model);
        if (work.SftLora is { } lora)
            LoraAdapters.Attach(model, lora, 1);
        TokenizedPair[] pairs = [.. Enumerable.Range(0, run.Pairs).Select(Pair)];
        IPolicyGoal goal = variant == "pairs" ? new PreferenceGoal(new SimPo(2, 1), pairs, null) : new SftGoal(pairs);
        TrainingSettings settings = new() { LearningRate = 1e-4, Epochs = 1, BatchSize = Batch, Seed = 5 };
        SpeedSettings speed = new() { MicroBatch = 1, Recompute = true, Ranks = ranks, CheckpointEvery = TimeSpan.MaxValue };
        new Trainer(model, goal, settings, new TrainingRun { Folder = run.Folder, Speed = speed }).Train();
    }

    // 16 million parameters: what is measured is a hundred megabytes, what the runtime adds is not
    private static Workload Work(string variant, int ranks) => new()
    {
        Config = Config(variant, layers: 4),
        Narrow = variant == "bfloat16",
        SftLora = variant == "adapters" ? s_lora : null,
        MicroBatch = 1,
        Batches = (Batch, Batch),
        Recompute = true,
        Ranks = ranks,
        GenerationBatch = 1,
        LongestSequence = Prompt + Response,
        LongestPrompt = Prompt,
        NewTokens = 1,
    };

    private static DecoderConfig Config(string variant, int layers) => new()
    {
        Shape = new() { Vocabulary = 4096, Width = 512, Layers = layers, Heads = 8, KeyValueHeads = 4, MlpWidth = 1408, MaxPositions = 512 },
        TiedHead = variant == "tied",
    };

    // every page is touched, as in a loaded model
    private static void Fill(Decoder model)
    {
        using IDisposable noGrad = no_grad();
        random.manual_seed(1);
        foreach (TorchSharp.Modules.Parameter parameter in model.parameters())
            if (parameter.dim() > 1)
                parameter.normal_(0, 0.02);
    }

    private static TokenizedPair Pair(int row)
    {
        var random = new SeededRandom(5, $"memory/{row}");
        int[] Ids(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextInt(4096))];
        return new($"{row}", Ids(Prompt), Ids(Response), Ids(Response), false, false);
    }
}
