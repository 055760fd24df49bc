using Alignment.Data;
using Alignment.Kernels.LogProbs;
using Alignment.Models;
using Alignment.Objectives;
using Alignment.Rewards;
using Alignment.Tests.Unit.Models;
using Alignment.Tests.Unit.Objectives;
using Alignment.Tests.Unit.Rewards;
using Alignment.Training;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Training;

/// <summary>The walk's gradients are those of plain autograd, bit for bit: its readable twin.</summary>
[NonParallelizable]
public class BlockWalkTests
{
    private static readonly TokenizedPair[] s_pairs = [.. Micro.Pairs(8).Select(pair => pair with
    {
        Prompt = Within(pair.Prompt),
        Chosen = Within(pair.Chosen),
        Rejected = Within(pair.Rejected),
    })];

    private static IEnumerable<TestCaseData> Objectives => AllObjectives.OfOneModel.Select(objective => new TestCaseData(objective).SetArgDisplayNames(objective.Name));

    [Test]
    public void Every_family_gets_the_same_bits_packed_and_padded(
        [ValueSource(typeof(TinyFamilies), nameof(TinyFamilies.Names))] string family, [Values] bool packed)
    {
        using Decoder plain = TinyFamilies.Model(family), walked = TinyFamilies.Model(family);
        for (int batch = 0; batch < 2; batch++) // the second adds to what lies there
        {
            using var scope = NewDisposeScope();
            ScoredSequences sequences = PairSequences.Preference(s_pairs[(4 * batch)..(4 * batch + 4)]);
            (DecoderPath path, Func<Tensor, Tensor> loss) = Loss(plain, packed, sequences);
            loss(path.Hidden()).backward();
            (path, loss) = Loss(walked, packed, sequences);
            new BlockWalk(new ResidentWeights()).Run([new(path, loss)]);
        }
        Assert.That(Gradients(walked), Is.EqualTo(Gradients(plain)));
    }

    [TestCaseSource(nameof(Objectives))]
    public void Every_objective_gets_the_same_bits_whatever_the_micro_batch(Objective objective)
    {
        foreach (int microBatch in new[] { 1, 3, 8 })
            Same(() => Goal(objective), microBatch, lora: null);
    }

    [TestCase(1), TestCase(3), TestCase(8)]
    public void Sft_gets_the_same_bits(int microBatch) => Same(() => new SftGoal(s_pairs), microBatch, lora: null);

    [TestCase("all-linear"), TestCase("qkv_proj"), TestCase("layers.1.mlp.down_proj")]
    public void Adapters_get_the_same_bits_wherever_they_sit(string target) => Same(() => Goal(new Dpo(0.1)), 3, new() { Rank = 2, Alpha = 4, Targets = [target] });

    [Test]
    public void A_trained_decoder_judge_gets_the_same_bits()
    {
        DecoderConfig config = TinyPhi3.Config with { Shape = TinyPhi3.Config.Shape with { Vocabulary = ToyPairs.Vocabulary } };
        var data = new RewardData { Train = ToyPairs.Draw(12, "train"), Validation = [], HeldOut = [] };
        RewardTrainingSettings settings = ToyPairs.Settings with { Dropout = 0 };
        using DecoderReward plain = DecoderReward.Create(config, 1), walked = DecoderReward.Create(config, 1);
        BatchSums[] sums = [.. new[] { (plain, false), (walked, true) }.Select(model =>
        {
            using var goal = new RewardGoal(model.Item1, data, settings, recompute: model.Item2);
            return goal.AddGradient([.. Enumerable.Range(0, 12)]);
        })];
        Assert.That(sums[1].Loss, Is.EqualTo(sums[0].Loss));
        Assert.That(sums[1].Means, Is.EqualTo(sums[0].Means));
        Assert.That(Gradients(walked.Module), Is.EqualTo(Gradients(plain.Module)));
    }

    [Test]
    public void A_judge_is_trained_to_the_same_bits_wherever_its_optimiser_keeps_its_state()
    {
        DecoderConfig config = TinyPhi3.Config with { Shape = TinyPhi3.Config.Shape with { Vocabulary = ToyPairs.Vocabulary } };
        var data = new RewardData { Train = ToyPairs.Draw(24, "train"), Validation = [], HeldOut = ToyPairs.Draw(4, "held-out") };
        Dictionary<string, float[]>[] weights = [.. new SpeedSettings[] { new(), new() { Recompute = true }, new() { Recompute = true, OptimiserOnHost = true } }.Select(speed =>
        {
            using var folder = new TemporaryFolder();
            using DecoderReward model = DecoderReward.Create(config, 1);
            RewardTraining.Run(model, data, ToyPairs.Settings with { Dropout = 0, Epochs = 1 }, new() { Folder = folder.Path, Speed = speed });
            return model.Module.named_parameters().ToDictionary(item => item.name, item => Micro.Numbers(item.parameter));
        })];
        using DecoderReward fresh = DecoderReward.Create(config, 1);
        Assert.That(weights[0]["score.weight"], Is.Not.EqualTo(Micro.Numbers(fresh.Module.named_parameters().Single(item => item.name == "score.weight").parameter)));
        Assert.That(weights[1], Is.EqualTo(weights[0]));
        Assert.That(weights[2], Is.EqualTo(weights[0]));
    }

    [TestCase("phi3"), TestCase("qwen3")] // the second's head is its embedding
    public void Batches_walked_together_use_each_part_once_and_give_the_gradients_of_one_after_another(string family)
    {
        using Decoder apart = TinyFamilies.Model(family), together = TinyFamilies.Model(family);
        var log = new PartLog();
        using (NewDisposeScope())
        {
            foreach (TokenizedPair pair in s_pairs)
                new BlockWalk(new ResidentWeights()).Run([Batch(apart, pair)]);
            new BlockWalk(log).Run([.. s_pairs.Select(pair => Batch(together, pair))]);
        }
        Assert.That(log.Uses, Is.EqualTo(new[] { "0 Forward", "1 Forward", "2 Forward", "3 Backward", "2 Backward", "1 Backward", "0 Backward" }));
        foreach ((string name, float[] gradient) in Gradients(apart))
            // a tied head's gradients are added up before the embedding's are: another order of the same sums
            Assert.That(Gradients(together)[name], apart.Config.TiedHead && name.Contains("embed") ? Is.EqualTo(gradient).Within(1e-5 * gradient.Max(Math.Abs)) : Is.EqualTo(gradient), name);

        static WalkedBatch Batch(Decoder model, TokenizedPair pair)
        {
            (DecoderPath path, Func<Tensor, Tensor> loss) = Loss(model, packed: true, PairSequences.Preference([pair]));
            return new(path, loss);
        }
    }

    [Test]
    public void What_a_loss_throws_comes_out_and_leaves_gradients_as_they_were()
    {
        using Decoder model = TinyFamilies.Model("qwen3");
        using var scope = NewDisposeScope();
        (DecoderPath path, Func<Tensor, Tensor> loss) = Loss(model, packed: true, PairSequences.Preference(s_pairs));
        var walk = new BlockWalk(new ResidentWeights());
        walk.Run([new(path, loss)]);
        Dictionary<string, float[]> before = Gradients(model);
        Assert.That(() => walk.Run([new(path, _ => throw new NotFiniteNumberException(double.NaN))]), Throws.TypeOf<NotFiniteNumberException>());
        Assert.That(Gradients(model), Is.EqualTo(before));
    }

    [Test]
    public void A_batch_leaves_no_tensors_behind([Values] bool coupled)
    {
        using Decoder model = Micro.Model();
        var gradient = new BatchGradient(model, Goal(coupled ? new Kto(0.1) : new Dpo(0.1)), new() { MicroBatch = 3, Recompute = true });
        int[] batch = [.. Enumerable.Range(0, 8)];
        gradient.Add(batch); // makes the gradients
        DisposeScopeManager.Statistics.Reset();
        gradient.Add(batch);
        Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.Zero);
    }

    private static void Same(Func<IPolicyGoal> goal, int microBatch, LoraSettings? lora)
    {
        (Dictionary<string, float[]> gradients, BatchSums sums)[] ways = [.. new[] { false, true }.Select(recompute =>
        {
            using Decoder model = Micro.Model();
            if (lora is not null)
                Fill(LoraAdapters.Attach(model, lora, 1));
            var gradient = new BatchGradient(model, goal(), new() { MicroBatch = microBatch, Recompute = recompute });
            gradient.Add([.. Enumerable.Range(0, 4)]);
            BatchSums sums = gradient.Add([.. Enumerable.Range(0, 8)]);
            return (model.Trained.ToDictionary(item => item.Key, item => Micro.Numbers(item.Value.grad!)), sums);
        })];
        Assert.That(ways[1].sums.Loss, Is.EqualTo(ways[0].sums.Loss), $"micro-batch {microBatch}");
        Assert.That(ways[1].sums.Means, Is.EqualTo(ways[0].sums.Means), $"micro-batch {microBatch}");
        Assert.That(ways[1].gradients, Is.EqualTo(ways[0].gradients), $"micro-batch {microBatch}");
    }

    // fresh adapters add nothing, and half of them would have no gradient
    private static void Fill(LoraAdapters adapters)
    {
        using IDisposable noGrad = no_grad();
        foreach (Tensor parameter in adapters.Parameters.Values)
            parameter.add_(0.05);
    }

    private static PreferenceGoal Goal(Objective objective)
    {
        using Decoder other = Micro.Model(seed: 2);
        return new(objective, s_pairs, objective.NeedsReference ? ReferencePass.Compute(other, s_pairs, new()) : null);
    }

    private static (DecoderPath Path, Func<Tensor, Tensor> Loss) Loss(ILanguageModel model, bool packed, ScoredSequences sequences)
    {
        Tensor weights = arange(sequences.All.Count, ScalarType.Float32).cos();
        if (packed)
        {
            PackedSequences rows = PackedSequences.Of(sequences, CPU, model.ShortPositions);
            return (model.PathOf(rows), hidden => (SequenceLogProbs.Score(hidden, model.LogitHead, rows.Scored).Sums * weights).sum());
        }
        PaddedSequences padded = PaddedSequences.Of(sequences, 0, CPU);
        return (model.PathOf(padded.Tokens, padded.AttentionMask),
            hidden => (SequenceLogProbs.Score(hidden, model.LogitHead, padded.Labels, firstTokens: null).Sums * weights).sum());
    }

    private static Dictionary<string, float[]> Gradients(nn.Module model) => model.named_parameters().ToDictionary(item => item.name, item => Micro.Numbers(item.parameter.grad!));

    private static int[] Within(int[] ids) => [.. ids.Select(id => id % (int)TinyPhi3.Vocabulary)];

    private sealed class PartLog : IPartWeights
    {
        private string? _open;

        public List<string> Uses { get; } = [];

        public void Before(int part, WalkDirection direction)
        {
            Assert.That(_open, Is.Null);
            _open = $"{part} {direction}";
        }

        public void After(int part, WalkDirection direction)
        {
            Assert.That(_open, Is.EqualTo($"{part} {direction}"));
            Uses.Add(_open!);
            _open = null;
        }
    }
}
