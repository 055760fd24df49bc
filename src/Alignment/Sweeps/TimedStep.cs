using System.Diagnostics;
using Alignment.Generation;
using Alignment.Models;
using Alignment.Recipes;
using Alignment.Training;
using TorchSharp;

namespace Alignment.Sweeps;

/// <summary>How fast a policy is on this machine, measured on one micro-batch and a few sampled tokens.</summary>
/// <param name="TokensPerSecond">Real tokens of training, forward and backward.</param>
/// <param name="SecondsPerPosition">One more token of a whole batch of responses.</param>
/// <param name="WeightBytes">What a run stores of its weights.</param>
/// <param name="TrainingBytes">What a run keeps on disk while it trains: weights, two moments, of narrow weights masters, and averages.</param>
internal sealed record TimedStep(double TokensPerSecond, double SecondsPerPosition, long WeightBytes, long TrainingBytes)
{
    private const int Positions = 8;

    /// <summary>Loads the model and takes a step twice, of which the second counts; its weights are left as they are.</summary>
    public static TimedStep Measure(Recipe recipe, SweepOptions options, SweepData data)
    {
        using Decoder model = new PolicyModels(recipe, options, data.Tokenizer).Start();
        var goal = new SftGoal(data.PreferenceRows);
        int[] rows = MicroBatches.Of(Enumerable.Range(0, goal.Rows.Count), goal.Tokens, options.Speed).First();
        var gradient = new BatchGradient(model, goal, options.Speed);
        double step = Seconds(options, () => gradient.Add(rows));
        foreach (var parameter in model.Trained.Values)
            parameter.grad = null;

        SamplingPrompt[] prompts = [.. data.TestPrompts.Take(options.ResponsesAtOnce).Select((tokens, index) => new SamplingPrompt(index, tokens))];
        int positions = Math.Min(Positions, recipe.Generation.MaxNewTokens);
        var sampler = new Sampler(model, recipe.Generation with { MaxNewTokens = positions }, new HashSet<int>(), recipe.Seed);
        var speed = new GenerationSpeed { BatchSize = options.ResponsesAtOnce, ChunkSize = options.ResponsesAtOnce, Device = torch.device(options.Device) };
        double sampling = Seconds(options, () => _ = sampler.Sample(prompts, speed).ToArray());

        long all = model.parameters().Sum(parameter => parameter.numel());
        long trained = recipe.Policy.Lora is { } lora ? DecoderWeights.Adapters(model.Config, lora).Sum(parameter => parameter.Elements) : all;
        (int weight, int state) = recipe.Policy.Precision == Precision.BFloat16 ? (sizeof(short), 3 * sizeof(float)) : (sizeof(float), 2 * sizeof(float));
        return new(rows.Sum(goal.Tokens) / step, sampling / positions, weight * trained, (weight + state + sizeof(float) * recipe.Averages) * trained);
    }

    /// <summary>How long work takes the second time; the first fills caches.</summary>
    public static double Seconds(SweepOptions options, Action work)
    {
        work();
        var clock = Stopwatch.StartNew();
        work();
        if (options.Device != "cpu")
            torch.cuda.synchronize();
        return Math.Max(clock.Elapsed.TotalSeconds, 1e-6);
    }
}
