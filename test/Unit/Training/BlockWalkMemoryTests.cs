using Alignment.Bench.Measuring;
using Alignment.Data;
using Alignment.Files;
using Alignment.Models;
using Alignment.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Training;

/// <summary>What the walk is for: of 24 blocks it keeps little more than the activations of one.</summary>
[NonParallelizable]
public class BlockWalkMemoryTests
{
    private const int Vocabulary = 512, Tokens = 128, Pairs = 4;

    private static readonly DecoderConfig s_config = new()
    {
        Shape = new ModelShape { Vocabulary = Vocabulary, Width = 256, Layers = 24, Heads = 4, KeyValueHeads = 4, MlpWidth = 704, MaxPositions = 2 * Tokens },
        InitialDeviation = 0.02,
    };

    private static readonly TokenizedPair[] s_pairs = [.. Enumerable.Range(0, Pairs).Select(i => new TokenizedPair($"{i}", Ids(i), Ids(i + Pairs), [1], false, false))];

    [Test]
    public void A_quarter_of_the_memory_of_plain_autograd_is_enough_at_24_blocks()
    {
        if (!PeakMemory.TryRestart())
            Assert.Ignore("/proc/self/clear_refs cannot be written here, so the peak cannot be measured");
        long plain = Peak(recompute: false), walked = Peak(recompute: true);
        TestContext.Out.WriteLine(FormattableString.Invariant($"{Pairs} × {2 * Tokens} tokens: {plain / 1e6:F0} MB, walked {walked / 1e6:F0} MB: {(double)plain / walked:F1} times less"));
        Assert.That(walked, Is.LessThanOrEqualTo(plain / 4));
    }

    // above weights and gradients
    private static long Peak(bool recompute)
    {
        using var model = Decoder.Initialised(s_config, 1);
        var gradient = new BatchGradient(model, new SftGoal(s_pairs), new() { MicroBatch = Pairs, Recompute = recompute });
        int[] all = [.. Enumerable.Range(0, Pairs)];
        gradient.Add(all[..1]); // makes the gradients
        return PeakMemory.Extra(() => gradient.Add(all))!.Value;
    }

    private static int[] Ids(int row)
    {
        var random = new SeededRandom(5, $"test/tokens/{row}");
        return [.. Enumerable.Range(0, Tokens).Select(_ => random.NextInt(Vocabulary))];
    }
}
