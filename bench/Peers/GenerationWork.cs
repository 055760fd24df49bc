using Alignment.Bench.Inputs;
using Alignment.Bench.Measuring;
using Alignment.Bench.Plain;
using Alignment.Files;
using Alignment.Generation;
using Alignment.Models;

namespace Alignment.Bench.Peers;

/// <summary>The sampling of <c>GenerationBench</c>, from the same draws: the responses are compared.</summary>
internal sealed class GenerationWork : IPeerWork
{
    private const ulong Seed = 5;
    private static readonly SamplingSettings s_settings = new() { Temperature = 0.7, TopP = 0.95, MaxNewTokens = PromptSet.NewTokens };
    private static readonly HashSet<int> s_noEnd = [];

    private readonly SamplingPrompt[] _prompts;
    private readonly Decoder _model;
    private readonly PlainDecoder _plain;

    public GenerationWork(PromptSet set)
    {
        (_prompts, _model) = (set.Create(), BenchModel.Create());
        BenchModel.SpreadLogits(_model);
        _plain = PlainDecoder.Sdpa(_model);
    }

    public void Write(string folder)
    {
        _model.Save(folder, new Dictionary<string, byte[]>());
        PeerFile.Write(folder, new
        {
            kind = "generation",
            prompts = _prompts.Select(prompt => prompt.Tokens),
            draws = _prompts.Select(Draws),
            temperature = s_settings.Temperature,
            topP = s_settings.TopP,
        });
    }

    public PeerResult Own()
    {
        var sampler = new Sampler(_model, s_settings, s_noEnd, Seed);
        return new([], [.. sampler.Sample(_prompts, new GenerationSpeed { Device = BenchDevice.Current }).SelectMany(chunk => chunk).Select(response => response.Tokens)]);
    }

    public void Composed() => new CachedGeneration(_plain, _model.Shape.Layers).Sample(_prompts, s_settings, Seed);

    public void Dispose()
    {
        _plain.Dispose();
        _model.Dispose();
    }

    // those of the sampler
    private static float[] Draws(SamplingPrompt prompt)
    {
        var draws = new SeededRandom(Seed, FormattableString.Invariant($"sampling/{prompt.Index}"));
        return [.. Enumerable.Range(0, s_settings.MaxNewTokens).Select(_ => (float)draws.NextDouble())];
    }
}
