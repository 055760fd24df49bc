using Alignment.Data;
using Alignment.Doctor;
using Alignment.Generation;
using Alignment.Models;
using Alignment.Training;
using static TorchSharp.torch;

namespace Alignment.Tests.Gpu.Check;

/// <summary>How far two ways to the same summed log-probs of responses lie apart, in nats.</summary>
/// <param name="Ways">The two.</param>
/// <param name="Responses">So many sums.</param>
/// <param name="TokensOfEach">Of a response.</param>
/// <param name="LargestDifference">Of a response's sum.</param>
/// <param name="TypicalDifference">The root of the mean square.</param>
internal sealed record NoiseRow(string Ways, int Responses, int TokensOfEach, double LargestDifference, double TypicalDifference);

/// <summary>What rounding does to log-probs: the floor under every KL and every difference of log-probs that a run tells.</summary>
internal static class NoiseSection
{
    /// <summary>In the device's precision and, where there is room beside it, against float32 of the same weights.</summary>
    public static object Run(CheckSetting setting)
    {
        (CheckModel chosen, Workload work) = CheckModel.Chosen(setting);
        using Decoder policy = chosen.Made(setting, setting.Precision);
        TokenizedPair[] pairs = [.. setting.Pairs(chosen.Config.Shape.Vocabulary).Take(8)];
        ResponseToScore[] responses = [.. pairs.Select(pair => new ResponseToScore(pair.Prompt, pair.Chosen)), .. pairs.Select(pair => new ResponseToScore(pair.Prompt, pair.Rejected))];
        string own = $"{setting.Precision}".ToLowerInvariant();
        double[] together = Packed(policy, pairs.Length), alone = Packed(policy, 1), padded = Padded(policy, responses.Length), paddedAlone = Padded(policy, 1);
        List<NoiseRow> rows =
        [
            Row($"{own}, packed: a pair alone and {pairs.Length} together", alone, together),
            Row($"{own}, padded: a response alone and {responses.Length} together", paddedAlone, padded),
            Row($"{own}: packed and padded", together, padded),
        ];
        long wideBytes = 3 * sizeof(short) * work.Parameters + StageFigures.Estimated(work with { Narrow = false, Ranks = 1 }, "reference pass") - sizeof(float) * work.Parameters;
        if (setting.Precision == Precision.BFloat16 && wideBytes < MemoryCheck.TightShare * (setting.Available().Bytes + sizeof(short) * work.Parameters))
        {
            using Decoder wide = Widened(policy, setting);
            double[] exact = Packed(wide, pairs.Length);
            rows.Add(Row("float32, packed: a pair alone and all together", Packed(wide, 1), exact));
            rows.Add(Row("bfloat16 and float32 of the same weights, packed", together, exact));
        }
        return new { chosen.Name, rows };

        double[] Packed(Decoder model, int microBatch)
        {
            ReferenceLogProbs sums = ReferencePass.Compute(model, pairs, new() { Device = setting.Device, MicroBatch = microBatch });
            return [.. sums.ChosenSums.Concat(sums.RejectedSums).Select(sum => (double)sum)];
        }

        double[] Padded(Decoder model, int batch) => [.. ResponseScorer.Score(model, responses, new() { Device = setting.Device, BatchSize = batch }).Select(score => score.Sum)];

        NoiseRow Row(string ways, double[] one, double[] other)
        {
            double[] gaps = [.. one.Zip(other, (first, second) => Math.Abs(first - second))];
            return new(ways, gaps.Length, setting.Scale.Tokens.Response, gaps.Max(), Math.Sqrt(gaps.Average(gap => gap * gap)));
        }
    }

    private static Decoder Widened(Decoder policy, CheckSetting setting)
    {
        using IDisposable noGrad = no_grad();
        var wide = new Decoder(policy.Config, Placement.Of(Precision.Float32, setting.Device));
        foreach (((string _, Tensor exact), (string _, Tensor rounded)) in wide.named_parameters().Zip(policy.named_parameters()))
            exact.copy_(rounded);
        return wide;
    }
}
