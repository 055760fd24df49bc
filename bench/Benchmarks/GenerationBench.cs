using Alignment.Bench.Inputs;
using Alignment.Bench.Measuring;
using Alignment.Bench.Plain;
using Alignment.Generation;
using Alignment.Models;
using BenchmarkDotNet.Attributes;
using static TorchSharp.torch;

namespace Alignment.Bench;

/// <summary>Sampling with the cache against transformers' way of it, and against running the whole text again for every token.</summary>
[BenchmarkCategory("Generation")]
public class GenerationBench
{
    private static readonly SamplingSettings s_settings = new() { Temperature = 0.7, TopP = 0.95, MaxNewTokens = PromptSet.NewTokens };
    private static readonly HashSet<int> s_noEnd = [];

    private Decoder _model = null!;
    private PlainDecoder _plain = null!, _sdpa = null!;
    private SamplingPrompt[] _prompts = null!;
    private Tensor[] _weights = null!; // of the products alone
    private ModelProducts _products = null!;

    [ParamsSource(nameof(Sizes))]
    public object Size { get; set; } = null!;

    public static IEnumerable<object> Sizes => [new PromptSet(8), new PromptSet(32)];

    [GlobalSetup]
    public void Setup()
    {
        _model = BenchModel.Create();
        BenchModel.SpreadLogits(_model);
        (_plain, _sdpa) = (PlainDecoder.Eager(_model), PlainDecoder.Sdpa(_model));
        _prompts = ((PromptSet)Size).Create();
        _weights = [.. Enumerable.Range(0, _model.Shape.Layers).SelectMany(_ => BenchModel.Products)
            .Select(product => randn(product.Outputs, product.Inputs, device: BenchDevice.Current))];
        _products = BenchModel.CreateProducts();
        var few = s_settings with { MaxNewTokens = 8 };
        int[][] own = Cached(few);
        foreach (int[][] other in new[] { Again(_plain.HiddenStates, few), Generate(few) })
            for (int row = 0; row < _prompts.Length; row++)
                Agreement.RequireSame($"the response to prompt {row}", own[row], other[row]);
    }

    [GlobalCleanup]
    public void Free()
    {
        foreach (Tensor weight in _weights)
            weight.Dispose();
        _products.Dispose();
        _sdpa.Dispose();
        _plain.Dispose();
        _model.Dispose();
    }

    /// <summary>With a cache, as transformers generates: what people run.</summary>
    [Benchmark(Baseline = true), IterationCount(5), Limit(nameof(ProductsAlone))]
    public int TransformersGenerate() => Generate(s_settings)[0][^1];

    /// <summary>Without a cache: the twin.</summary>
    [Benchmark, IterationCount(5), Limit(nameof(ProductsAlone)), Untracked]
    public int PlainAgain() => Again(_plain.HiddenStates, s_settings)[0][^1];

    /// <summary>Without a cache, but through the library's decoder.</summary>
    [Benchmark, IterationCount(5), Limit(nameof(ProductsAlone)), Untracked]
    public int DecoderAgain() => Again((tokens, mask) => _model.HiddenStates(tokens, mask), s_settings)[0][^1];

    [Benchmark, Limit(nameof(ProductsAlone))]
    public int WithCache() => Cached(s_settings)[0][^1];

    /// <summary>Nothing but the matrix products that sampling with a cache needs: one pass over the prompts, then a token at a time.</summary>
    [Benchmark, Untracked]
    public double ProductsAlone()
    {
        using IDisposable noGrad = no_grad();
        double last = Products(_prompts.Sum(prompt => prompt.Tokens.Length));
        for (int position = 1; position < PromptSet.NewTokens; position++)
            last = Products(_prompts.Length);
        return last;
    }

    /// <summary>As <see cref="ProductsAlone"/>, through the products that sampling takes.</summary>
    [Benchmark, Untracked]
    public double OwnProductsAlone()
    {
        double last = _products.Forward((_prompts.Sum(prompt => prompt.Tokens.Length), _prompts.Length));
        for (int position = 1; position < PromptSet.NewTokens; position++)
            last = _products.Token(_prompts.Length);
        return last;
    }

    private int[][] Cached(SamplingSettings settings)
    {
        var sampler = new Sampler(_model, settings, s_noEnd, 5);
        return [.. sampler.Sample(_prompts, new GenerationSpeed { Device = BenchDevice.Current }).SelectMany(chunk => chunk).Select(response => response.Tokens)];
    }

    private int[][] Generate(SamplingSettings settings) => new CachedGeneration(_sdpa, _model.Shape.Layers).Sample(_prompts, settings, 5);

    private int[][] Again(Func<Tensor, Tensor, Tensor> hiddenStates, SamplingSettings settings) =>
        new PlainGeneration(hiddenStates, _model.Head).Sample(_prompts, settings, 5);

    // of every layer on so many rows, and of the head on each prompt's last
    private double Products(long rows)
    {
        using var scope = NewDisposeScope();
        foreach (Tensor weight in _weights)
            nn.functional.linear(ones(rows, weight.shape[1], device: BenchDevice.Current), weight).Dispose();
        return BenchDevice.Finish(nn.functional.linear(ones(_prompts.Length, _model.Shape.Width, device: BenchDevice.Current), _model.Head));
    }
}
