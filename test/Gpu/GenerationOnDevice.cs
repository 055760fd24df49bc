using Alignment.Generation;
using Alignment.Models;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Gpu;

/// <summary>Sampling with the cache, and scoring of what was sampled.</summary>
public sealed class GenerationOnDevice(string kind) : DeviceFixture(kind)
{
    private static readonly HashSet<int> s_endTokens = [5, 6, 7]; // some rows end early: the cache drops them
    private readonly SamplingPrompt[] _prompts = [.. MicroModels.Rows(9).Select((row, index) => new SamplingPrompt(index, row))];

    [Test]
    public void Greedy_tokens_are_those_of_the_cpu()
    {
        var greedy = new SamplingSettings { Temperature = 0, MaxNewTokens = 24 };
        string[] expected = Sample(CPU, greedy, 1), actual = Sample(Device, greedy, 4);
        Assert.That(actual, Is.EqualTo(expected));
        Assert.That(expected.Distinct().Count(), Is.GreaterThan(1), "responses that are all the same would show little");
    }

    [Test]
    public void Sampled_tokens_are_those_of_the_cpu()
    {
        var settings = new SamplingSettings { Temperature = 0.7, TopP = 0.95, MaxNewTokens = 24 };
        Assert.That(Sample(Device, settings, 4), Is.EqualTo(Sample(CPU, settings, 1)));
    }

    [Test]
    public void Scores_of_responses_are_those_of_the_cpu()
    {
        using Decoder here = MicroModels.Policy(CPU), there = MicroModels.Policy(Device);
        ResponseToScore[] responses = [.. _prompts.Zip(_prompts.Skip(1), (prompt, next) => new ResponseToScore(prompt.Tokens, next.Tokens))];
        double[] expected = [.. ResponseScorer.Score(here, responses, new()).Select(score => score.Sum)];
        double[] actual = [.. ResponseScorer.Score(there, responses, new() { Device = Device, BatchSize = 4 }).Select(score => score.Sum)];
        (Near.Float32 with { Absolute = 1e-3 }).CheckNumbers(actual, expected, "log-prob of a response");
    }

    private string[] Sample(Device device, SamplingSettings settings, int batchSize)
    {
        using Decoder model = MicroModels.Policy(device);
        var sampler = new Sampler(model, settings, s_endTokens, seed: 4);
        return [.. sampler.Sample(_prompts, new() { Device = device, BatchSize = batchSize }).SelectMany(chunk => chunk)
            .Select(response => $"{response.PromptIndex}: {string.Join(' ', response.Tokens)}")];
    }
}
