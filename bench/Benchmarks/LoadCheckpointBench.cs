using Alignment.Bench.Inputs;
using Alignment.Bench.Measuring;
using Alignment.Bench.Plain;
using Alignment.Models;
using BenchmarkDotNet.Attributes;
using TorchSharp;

namespace Alignment.Bench;

/// <summary>A model from a folder on disk, which the system has read before.</summary>
[BenchmarkCategory("LoadCheckpoint")]
public class LoadCheckpointBench
{
    private string _folder = null!;

    [ParamsSource(nameof(Sizes))]
    public object Size { get; set; } = null!;

    public static IEnumerable<object> Sizes => [CheckpointSize.Small, CheckpointSize.Large];

    private DecoderConfig Config => ((CheckpointSize)Size).Config;

    [GlobalSetup]
    public void Setup()
    {
        _folder = Directory.CreateTempSubdirectory("alignment-bench-").FullName;
        using Decoder model = Decoder.Initialised(Config, 1);
        model.Save(_folder, new Dictionary<string, byte[]>());
        using Decoder own = Decoder.Load(_folder), plain = PlainCheckpoint.Load(Config, _folder);
        foreach ((torch.Tensor a, torch.Tensor b) in own.parameters().Zip(plain.parameters()))
            Agreement.Require("a weight", a, b, 0);
    }

    [GlobalCleanup]
    public void Free() => Directory.Delete(_folder, recursive: true);

    [Benchmark(Baseline = true)]
    public double PlainLoad()
    {
        using Decoder model = PlainCheckpoint.Load(Config, _folder);
        return BenchDevice.Finish(model.Head);
    }

    [Benchmark]
    public double Load()
    {
        using Decoder model = Decoder.Load(_folder);
        return BenchDevice.Finish(model.Head);
    }
}
