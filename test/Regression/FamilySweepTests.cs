using System.Text.Json;
using Alignment.Models;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>A policy of a family with paths of its own goes through a sweep: trained packed, sampled with a cache, scored padded, stored and read again.</summary>
[NonParallelizable]
public sealed class FamilySweepTests
{
    private const string Sft = "\"sft\": { \"epochs\": [1], \"learningRate\": [2e-3], \"batchSize\": 8 },";

    private static readonly Dictionary<string, Func<DecoderConfig, DecoderConfig>> s_policies = new()
    {
        ["a norm of each head"] = config => config with { Family = DecoderFamily.Qwen3, Shape = config.Shape with { HeadWidth = 20 }, TiedHead = true },
        ["capped scores and logits, a window"] = config => config with
        {
            Family = DecoderFamily.Gemma2,
            TiedHead = true,
            PadToken = 0,
            SlidingWindow = 16,
            WindowedLayers = [true, false],
            QueryScalar = 8,
            ScoreCap = 2,
            LogitCap = 4,
            EmbeddingScale = Math.Sqrt(config.Shape.Width),
        },
        // rows pass the 24 short positions while they are decoded
        ["longrope"] = config => config with { RotaryShare = 0.5, RotaryScaling = new LongRopeScaling([1, 1, 1.5, 2], [4, 5, 6, 9], 24, LongRopeScaling.Grown(128, 24)) },
    };

    private static IEnumerable<string> Policies => s_policies.Keys;

    [TestCaseSource(nameof(Policies))]
    public void It_starts_at_the_loss_of_no_change_is_stored_as_it_came_and_moves(string name)
    {
        string policy = MicroSweep.NewPolicyFolder(s_policies[name]);
        try
        {
            using var micro = new MicroSweep(MicroSweep.Policy(policy), (Sft, ""));
            using Sweep sweep = micro.Open();
            StoredRun run = sweep.Run(micro.Points[0], CancellationToken.None);
            using JsonDocument step = JsonDocument.Parse(File.ReadLines(Path.Combine(run.Folder, "steps.jsonl")).First());
            Assert.That(step.RootElement.GetProperty("loss").GetDouble(), Is.EqualTo(Math.Log(2)).Within(1e-5), "policy and reference are one at first");
            using Decoder given = Decoder.Load(policy), stored = Decoder.Load(Path.Combine(run.Folder, "weights"));
            Assert.That(stored.Config with { EndTokens = given.Config.EndTokens }, Is.EqualTo(given.Config));
            Assert.That(run.Samples().Select(row => row.PolicyLogProb), Is.All.LessThan(0).And.Not.EqualTo(run.Samples().Select(row => row.SftLogProb)));
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(policy)!, recursive: true);
        }
    }
}
