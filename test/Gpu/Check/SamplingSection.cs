using Alignment.Doctor;
using Alignment.Files;
using Alignment.Generation;
using Alignment.Models;

namespace Alignment.Tests.Gpu.Check;

/// <summary>Sampling with the cache: its speed, its memory, and whether responses depend on those they are drawn with.</summary>
internal static class SamplingSection
{
    private const int Few = 4; // responses drawn together, where company is to be another

    /// <summary>Every response has its full length: no token ends one.</summary>
    public static object Run(CheckSetting setting)
    {
        (CheckModel chosen, Workload work) = CheckModel.Chosen(setting);
        var used = new UsedMemory(setting);
        using Decoder policy = chosen.Made(setting, setting.Precision);
        var random = new SeededRandom(9, "gpu-check/prompts");
        (int responses, int length) = setting.Scale.Drawn;
        SamplingPrompt[] prompts = [.. Enumerable.Range(0, responses).Select(index =>
            new SamplingPrompt(index, CheckSetting.Tokens(random, setting.Scale.Tokens.Prompt - index % 4, chosen.Config.Shape.Vocabulary)))];

        Draw(prompts, tokens: 4, work.GenerationBatch, out _); // chooses the kernels
        SampledResponse[] drawn = [];
        LogitTraffic traffic = new();
        double seconds = setting.Seconds(() => drawn = Draw(prompts, length, work.GenerationBatch, out traffic));
        long bytes = used.Peak, estimated = StageFigures.Estimated(work, "sampling");
        SampledResponse[] others = Draw(prompts[..Math.Min(4 * Few, responses)], length, Few, out _);
        long tokens = drawn.Sum(response => (long)response.Tokens.Length);
        return new
        {
            chosen.Name,
            precision = $"{setting.Precision}".ToLowerInvariant(),
            responses,
            drawnTogether = work.GenerationBatch,
            promptTokens = setting.Scale.Tokens.Prompt,
            newTokens = length,
            estimatedBytes = estimated,
            measuredBytes = bytes,
            measuredOverEstimated = (double)bytes / estimated,
            seconds,
            tokensPerSecond = tokens / seconds,
            bytesToTheHostPerToken = (double)traffic.Bytes / traffic.Rows,
            rowsThatCameWhole = (double)traffic.WholeRows / traffic.Rows,
            comparedInOtherCompany = others.Length,
            sameInOtherCompany = others.Zip(drawn).Count(pair => pair.First.Tokens.SequenceEqual(pair.Second.Tokens)),
        };

        SampledResponse[] Draw(SamplingPrompt[] of, int tokens, int together, out LogitTraffic traffic)
        {
            var sampler = new Sampler(policy, new() { Temperature = 0.7, TopP = 0.95, MaxNewTokens = tokens }, new HashSet<int>(), seed: 4);
            traffic = sampler.Traffic;
            return [.. sampler.Sample(of, new() { Device = setting.Device, BatchSize = together, DrawsOnDevice = true }).SelectMany(chunk => chunk)];
        }
    }
}
