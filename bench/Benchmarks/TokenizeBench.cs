using Alignment.Bench.Inputs;
using Alignment.Bench.Measuring;
using Alignment.Bench.Plain;
using Alignment.Data.World;
using BenchmarkDotNet.Attributes;

namespace Alignment.Bench;

/// <summary>Text to ids with the embedded world's byte-level BPE.</summary>
[BenchmarkCategory("Tokenize")]
public class TokenizeBench
{
    private string[] _texts = null!;
    private PlainBpe _plain = null!;

    [ParamsSource(nameof(Sizes))]
    public object Size { get; set; } = null!;

    public static IEnumerable<object> Sizes => [new TextSet(100), new TextSet(2000)];

    [GlobalSetup]
    public void Setup()
    {
        _texts = ((TextSet)Size).Create();
        _plain = new PlainBpe();
        foreach (string text in _texts)
            Agreement.RequireSame($"the ids of \"{text}\"", EmbeddedWorld.Tokenizer.Text.EncodeToIds(text), _plain.Encode(text));
    }

    [Benchmark(Baseline = true)]
    public int PlainEncode() => _texts.Sum(text => _plain.Encode(text).Count);

    [Benchmark]
    public int Encode() => _texts.Sum(text => EmbeddedWorld.Tokenizer.Text.EncodeToIds(text).Count);
}
