using Alignment.Bench.Inputs;
using Alignment.Bench.Measuring;
using Alignment.Models.NeoX;
using Alignment.Rewards;
using BenchmarkDotNet.Attributes;
using static TorchSharp.torch;

namespace Alignment.Bench;

/// <summary>Scores of dialogues under a GPT-NeoX judge.</summary>
[BenchmarkCategory("Judge")]
public class JudgeBench
{
    private const int Together = 32;

    private NeoXReward _judge = null!;
    private int[][] _rows = null!;
    private ModelProducts _products = null!;

    [ParamsSource(nameof(Sizes))]
    public object Size { get; set; } = null!;

    public static IEnumerable<object> Sizes => [new JudgedRows(128)];

    [GlobalSetup]
    public void Setup()
    {
        _judge = NeoXReward.Create(JudgedRows.Judge, 1, BenchDevice.Current);
        _rows = ((JudgedRows)Size).Create();
        _products = new(JudgedRows.Products, JudgedRows.Judge.Layers, head: null);
        using var scope = NewDisposeScope();
        Agreement.Require("the scores", tensor(Own()), tensor(Padded()), 1e-5);
    }

    [GlobalCleanup]
    public void Free()
    {
        _products.Dispose();
        _judge.Dispose();
    }

    /// <summary>In the order given, padded: as a loop around transformers scores.</summary>
    [Benchmark(Baseline = true), Limit(nameof(ProductsAlone))]
    public double PaddedScores() => Padded()[0];

    [Benchmark, Limit(nameof(ProductsAlone))]
    public double Scores() => Own()[0];

    /// <summary>Nothing but the matrix products of the real tokens.</summary>
    [Benchmark, Untracked]
    public double ProductsAlone() => _rows.Chunk(Together).Sum(rows => _products.Forward((rows.Sum(row => row.Length), 0)));

    private double[] Own() => RewardScorer.Score(_judge, _rows, new RewardScoringSettings { MaxLength = 256 });

    private double[] Padded()
    {
        using IDisposable noGrad = no_grad();
        List<double> scores = [];
        foreach (int[][] rows in _rows.Chunk(Together))
        {
            using var scope = NewDisposeScope();
            RewardBatch batch = RewardBatch.Pad(rows, 256, BenchDevice.Current);
            scores.AddRange(_judge.Rewards(batch.Tokens, batch.Mask).to(ScalarType.Float64).cpu().data<double>().ToArray());
        }
        return [.. scores];
    }
}
