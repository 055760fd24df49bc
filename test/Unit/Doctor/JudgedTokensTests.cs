using Alignment.Doctor;
using Alignment.Kernels.Native;
using Alignment.Models;
using Alignment.Rewards;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Doctor;

public class JudgedTokensTests
{
    private static readonly Workload s_work = new()
    {
        Config = new() { Shape = new ModelShape { Vocabulary = 16, Width = 8, Layers = 1, Heads = 1, KeyValueHeads = 1, MlpWidth = 8, MaxPositions = 512 } },
        MicroBatch = 1,
        GenerationBatch = 1,
        LongestSequence = 16,
        LongestPrompt = 8,
        NewTokens = 8,
    };

    [TestCase(true), TestCase(false)]
    public void A_judge_is_given_as_many_tokens_at_once_as_its_memory_was_planned_for(bool host)
    {
        using var judge = new CountingJudge(host && Simd.Fast);
        RewardScorer.Score(judge, [.. Enumerable.Repeat(new int[256], 64)], new());
        Workload work = s_work with { IsHost = host, Judges = [new("one", 1, TokenMemory.Of(s_work.Config))] };
        Assert.That(MemoryEstimate.Of(work).Single(stage => stage.Stage == MemoryEstimate.JudgingBy("one")).Parts.Select(part => part.Name), Does.Contain($"activations of {judge.Most} tokens"));
    }

    private sealed class CountingJudge(bool packs) : IRewardNetwork
    {
        public long Most { get; private set; }

        public long Vocabulary => 16;

        public long MaxPositions => 512;

        public Device Device => CPU;

        public nn.Module Module => throw new NotSupportedException();

        public bool Packs => packs;

        public Tensor Rewards(PackedSequences rows) => Counted(rows.Tokens.shape[0], rows.Spans.Count);

        public Tensor Rewards(Tensor tokens, Tensor attentionMask) => Counted(tokens.numel(), tokens.shape[0]);

        public void Save(string folder, IReadOnlyDictionary<string, byte[]> tokenizer) => throw new NotSupportedException();

        public void Dispose()
        {
        }

        private Tensor Counted(long tokens, long rows)
        {
            Most = Math.Max(Most, tokens);
            return zeros(rows);
        }
    }
}
