using Alignment.Data;
using Alignment.Kernels.LogProbs;
using Alignment.Kernels.Native;
using Alignment.Models;
using Alignment.Models.NeoX;
using Alignment.Tests.Unit.Kernels.Native;
using Alignment.Tests.Unit.Rewards;
using Alignment.Training;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Training;

/// <summary>What a backward pass throws ends the batch, whichever way its gradient is computed.</summary>
[NonParallelizable]
public class BackwardThrowsTests
{
    [SetUp]
    public void Spoil() => Thrower.Failure = new InvalidOperationException("no memory left");

    [TearDown]
    public void Forget()
    {
        Thrower.Failure = null;
        Assert.That(BackwardFailure.Rethrow, Throws.Nothing, "it was thrown once");
    }

    [Test]
    public void Of_a_policy([Values] bool coupled, [Values] bool recompute, [Values(2, 4)] int microBatch)
    {
        using Decoder model = Micro.Model();
        var gradient = new BatchGradient(model, new Spoilt(new SftGoal(Micro.Pairs(4)), coupled), new() { MicroBatch = microBatch, Recompute = recompute });
        Assert.That(() => gradient.Add([0, 1, 2, 3]), Throws.InvalidOperationException.With.Message.EqualTo("no memory left"));
    }

    [Test]
    public void Of_a_reward_model()
    {
        using NeoXReward model = NeoXReward.Create(ToyPairs.Config, 1);
        using var goal = new RewardGoal(new SpoiltJudge(model), new() { Train = ToyPairs.Draw(4, "train"), HeldOut = [] }, ToyPairs.Settings);
        Assert.That(() => goal.AddGradient([0, 1, 2, 3]), Throws.InvalidOperationException.With.Message.EqualTo("no memory left"));
    }

    private sealed class Spoilt(IPolicyGoal goal, bool coupled) : IPolicyGoal
    {
        public string Name => goal.Name;

        public IReadOnlyList<TokenizedPair> Rows => goal.Rows;

        public bool CouplesRows => coupled;

        public long Tokens(int row) => goal.Tokens(row);

        public double Divisor(IReadOnlyList<int> batch) => goal.Divisor(batch);

        public ScoredSequences Sequences(IReadOnlyList<int> rows) => goal.Sequences(rows);

        public SummedLoss Loss(SequenceScores scores, IReadOnlyList<int> rows, IReadOnlyList<int> batch) => new(Thrower.Of(goal.Loss(scores, rows, batch).Sum), []);
    }

    private sealed class SpoiltJudge(NeoXReward judge) : IRewardNetwork
    {
        public long Vocabulary => judge.Vocabulary;

        public long MaxPositions => judge.MaxPositions;

        public Device Device => judge.Device;

        public nn.Module Module => judge.Module;

        public bool Packs => judge.Packs;

        public Tensor Rewards(PackedSequences rows) => judge.Rewards(rows);

        public Tensor Rewards(Tensor tokens, Tensor attentionMask) => Thrower.Of(judge.Rewards(tokens, attentionMask));

        public void Save(string folder, IReadOnlyDictionary<string, byte[]> tokenizer) => judge.Save(folder, tokenizer);

        public void Dispose()
        {
        }
    }
}
