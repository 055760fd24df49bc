using System.Text.Json;
using Alignment.Models;
using Alignment.Rewards;
using Alignment.Tests.Unit.Rewards;
using Alignment.Training;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Training;

/// <summary>Judges of a decoder's shape are trained by the same goal as GPT-NeoX ones.</summary>
[NonParallelizable]
public class DecoderJudgeTests
{
    private static readonly RewardTrainingSettings s_settings = ToyPairs.Settings with { Dropout = 0 };
    private static readonly RewardData s_data = new()
    {
        Train = ToyPairs.Draw(256, "train"),
        Validation = ToyPairs.Draw(64, "validation"),
        HeldOut = ToyPairs.Draw(200, "held-out"),
    };

    private static IEnumerable<DecoderFamily> Families() => DecoderFamily.All.Where(family => family.ModelType is "llama" or "mistral" or "phi3" or "qwen2" or "qwen3");

    private static DecoderConfig Config(DecoderFamily family) => new()
    {
        Family = family,
        Shape = new() { Vocabulary = ToyPairs.Vocabulary, Width = 16, Layers = 2, Heads = 2, KeyValueHeads = 1, MlpWidth = 32, MaxPositions = 32 },
        InitialDeviation = 0.1,
        EndTokens = [9],
        PadToken = 8,
    };

    [TestCaseSource(nameof(Families))]
    public void An_easy_preference_is_learned_by_a_decoder_and_its_folder_gives_the_same_rewards(object family)
    {
        using TemporaryFolder training = new(), folder = new();
        using DecoderReward model = DecoderReward.Create(Config((DecoderFamily)family), 1);
        RewardTrainingResult result = RewardTraining.Run(model, s_data, s_settings, new() { Folder = training.Path });
        Assert.That(result.HeldOut.Low, Is.GreaterThan(0.7), result.HeldOut.ToString());

        string saved = folder.File("judge");
        model.Save(saved, new Dictionary<string, byte[]> { ["tokenizer_config.json"] = "{}"u8.ToArray() });
        JsonElement config = JsonDocument.Parse(File.ReadAllText(Path.Combine(saved, "config.json"))).RootElement;
        Assert.That(config.GetProperty("architectures")[0].GetString(), Is.EqualTo(((DecoderFamily)family).RewardArchitecture));
        Assert.That(config.GetProperty("id2label").EnumerateObject().Count(), Is.EqualTo(1));
        Assert.That(config.GetProperty("pad_token_id").GetInt64(), Is.EqualTo(8));
        Assert.That(RewardFolder.Require(saved).Vocabulary, Is.EqualTo(ToyPairs.Vocabulary));
        using IRewardNetwork again = RewardFolder.Load(saved);
        Assert.That(again.Module.named_parameters().Select(item => item.name), Does.Contain("score.weight").And.None.Contains("lm_head"));
        int[][] rows = [.. s_data.HeldOut.Select(pair => pair.Chosen)];
        Assert.That(RewardScorer.Score(again, rows, new()), Is.EqualTo(RewardScorer.Score(model, rows, new())));
    }

    [Test]
    public void A_language_model_becomes_a_judge_under_a_new_score()
    {
        using var folder = new TemporaryFolder();
        DecoderConfig config = Config(DecoderFamily.Llama) with { TiedHead = true };
        using Decoder policy = Decoder.Initialised(config, 3);
        policy.Save(folder.File("policy"), new Dictionary<string, byte[]>());
        Assert.That(DecoderReward.IsOne(folder.File("policy")), Is.False);
        using DecoderReward judge = DecoderReward.Begin(DecoderConfig.ReadFolder(folder.File("policy")), folder.File("policy"), 5),
            same = DecoderReward.Begin(DecoderConfig.ReadFolder(folder.File("policy")), folder.File("policy"), 5);
        Dictionary<string, byte[]> weights = Bytes(judge.Module), base_ = Bytes(policy);
        Assert.That(weights.Keys, Is.EquivalentTo(base_.Keys.Append("score.weight")));
        Assert.That(weights.Where(item => base_.ContainsKey(item.Key)), Has.All.Matches<KeyValuePair<string, byte[]>>(item => item.Value.SequenceEqual(base_[item.Key])));
        Assert.That(weights["score.weight"], Is.EqualTo(Bytes(same.Module)["score.weight"]).And.Some.Not.Zero);

        judge.Save(folder.File("judge"), new Dictionary<string, byte[]>());
        Assert.That(DecoderReward.IsOne(folder.File("judge")), Is.True);
        using DecoderReward further = DecoderReward.Begin(DecoderConfig.ReadFolder(folder.File("judge")), folder.File("judge"), 7);
        Assert.That(Bytes(further.Module)["score.weight"], Is.EqualTo(weights["score.weight"]), "a judge's own score is kept");
    }

    [TestCase(3), TestCase(20)]
    public void An_interrupted_training_of_a_decoder_ends_with_the_bits_of_an_uninterrupted_one(int interruptedAfter)
    {
        using TemporaryFolder whole = new(), broken = new();
        using DecoderReward uninterrupted = DecoderReward.Create(Config(DecoderFamily.Llama), 1), first = DecoderReward.Create(Config(DecoderFamily.Llama), 1),
            second = DecoderReward.Create(Config(DecoderFamily.Llama), 99);
        RewardTrainingSettings settings = s_settings with { Epochs = 2 };
        RewardTrainingResult expected = RewardTraining.Run(uninterrupted, s_data, settings, new() { Folder = whole.Path });
        using (var cancel = new CancellationTokenSource())
        {
            var run = new TrainingRun
            {
                Folder = broken.Path,
                Progress = new Immediate<TrainingProgress>(told =>
                {
                    if (told.Step == interruptedAfter)
                        cancel.Cancel();
                }),
            };
            Assert.That(() => RewardTraining.Run(first, s_data, settings, run, cancel.Token), Throws.InstanceOf<OperationCanceledException>());
        }
        RewardTrainingResult actual = RewardTraining.Run(second, s_data, settings, new() { Folder = broken.Path });
        Assert.That(Bytes(second.Module), Is.EqualTo(Bytes(uninterrupted.Module)));
        Assert.That((actual.KeptEpoch, actual.HeldOut), Is.EqualTo((expected.KeptEpoch, expected.HeldOut)));
        Assert.That(actual.Validation, Is.EqualTo(expected.Validation));
    }

    [Test]
    public void Dropout_is_refused_for_a_decoder()
    {
        using var folder = new TemporaryFolder();
        using DecoderReward model = DecoderReward.Create(Config(DecoderFamily.Llama), 1);
        Assert.That(() => RewardTraining.Run(model, s_data, ToyPairs.Settings with { Dropout = 0.1 }, new() { Folder = folder.Path }),
            Throws.ArgumentException.With.Message.EqualTo("Dropout must be 0 for a decoder, which has none, was 0.1"));
    }

    [Test]
    public void Training_a_decoder_leaves_no_tensor_behind()
    {
        using DecoderReward model = DecoderReward.Create(Config(DecoderFamily.Llama), 1);
        RewardData few = s_data with { Train = [.. s_data.Train.Take(32)] };
        Train();
        DisposeScopeManager.Statistics.Reset();
        Train();
        Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.Zero);

        void Train()
        {
            using var folder = new TemporaryFolder();
            RewardTraining.Run(model, few, s_settings with { Epochs = 2 }, new() { Folder = folder.Path });
        }
    }

    private static Dictionary<string, byte[]> Bytes(nn.Module model)
    {
        using var scope = NewDisposeScope();
        return model.named_parameters().ToDictionary(item => item.name, item => item.parameter.bytes.ToArray());
    }
}
