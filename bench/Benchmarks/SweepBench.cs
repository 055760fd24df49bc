using Alignment.Bench.Inputs;
using Alignment.Bench.Jobs;
using Alignment.Bench.Plain;
using Alignment.Recipes;
using BenchmarkDotNet.Attributes;

namespace Alignment.Bench;

/// <summary>The whole job of a small recipe: SFT, preference runs, sampling, scores, store, report.</summary>
[BenchmarkCategory("Sweep")]
public class SweepBench
{
    private Recipe _recipe = null!;

    [ParamsSource(nameof(Jobs))]
    public object Job { get; set; } = null!;

    public static IEnumerable<object> Jobs => [JobSize.Small];

    [GlobalSetup]
    public void Setup()
    {
        _recipe = ((JobSize)Job).Recipe();
        JobAgreement.Require(Own(), Composed());
    }

    /// <summary>As one writes it around TRL and transformers.</summary>
    [Benchmark(Baseline = true), IterationCount(3)]
    public int TrlLoop() => Composed().Count;

    [Benchmark, IterationCount(3)]
    public int Sweep() => Own().Count;

    private IReadOnlyList<JobRun> Own() => JobBench.InFolder(folder => new SweepJob(_recipe, JobBench.Options(null)).Run(folder));

    private IReadOnlyList<JobRun> Composed() => JobBench.InFolder(folder => new TrlJob(_recipe, JobBench.Options(null)).Run(folder));
}
