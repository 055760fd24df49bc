using System.Text.Json;
using Alignment.Checkpoints.Safetensors;
using Alignment.Models;
using Alignment.Rewards;
using Alignment.Tests.Unit.Checkpoints.Safetensors;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Models;

/// <summary>…ForSequenceClassification on the shapes of policies; padding in rows is token 5, as in <see cref="TinyPhi3.Pad"/>.</summary>
public class DecoderRewardTests
{
    private SafetensorsBytes _files = null!;
    private DisposeScope _scope = null!;
    private IDisposable _noGrad = null!;

    [SetUp]
    public void Open() => (_files, _scope, _noGrad) = (new(), NewDisposeScope(), no_grad());

    [TearDown]
    public void Remove()
    {
        _noGrad.Dispose();
        _scope.Dispose();
        _files.Dispose();
    }

    [Test]
    public void A_reward_is_the_scores_product_with_the_last_real_hidden_state_whatever_the_padding(
        [Values("phi3", "llama", "mistral", "qwen2")] string type, [Values] bool left)
    {
        DecoderConfig config = Config(type) with { PadToken = null };
        using Decoder decoder = TinyPhi3.Model(config);
        using IRewardNetwork reward = RewardFolder.Load(Saved(decoder));
        long[][] rows = TinyPhi3.Rows(3, 9, 1);
        (Tensor tokens, Tensor mask) = TinyPhi3.Pad(rows, left);
        float[] rewards = reward.Rewards(tokens, mask).data<float>().ToArray();
        for (int row = 0; row < rows.Length; row++)
        {
            Tensor alone = decoder.HiddenStates(tensor(rows[row]).unsqueeze(0), ones(1, rows[row].Length, ScalarType.Int64))[0][^1];
            Assert.That(rewards[row], Is.EqualTo(alone.dot(decoder.Score!.flatten()).item<float>()).Within(1e-5), $"row {row}");
        }
    }

    [Test]
    public void Rows_without_padding_have_the_rewards_of_padded_ones([Values("phi3", "llama", "mistral", "qwen2")] string type, [Values] bool padded, [Values(3, 600)] int maxLength)
    {
        using Decoder decoder = TinyPhi3.Model(Config(type) with { PadToken = padded ? 5 : null });
        using IRewardNetwork reward = RewardFolder.Load(Saved(decoder));
        int[][] rows = [[3, 5, 7, 5, 5], [5, 5], [1], [2, 4, 6, 1], [5, 3]];
        RewardBatch batch = RewardBatch.Pad(rows, maxLength, CPU);
        float[] expected = reward.Rewards(batch.Tokens, batch.Mask).data<float>().ToArray();
        Assert.That(reward.Rewards(PackedSequences.OfRows(rows, maxLength, CPU)).data<float>().ToArray(), Is.EqualTo(expected).Within(1e-5));
        Assert.That(expected.Distinct().Count(), Is.EqualTo(rows.Length));
    }

    [Test]
    public void The_padding_token_is_passed_over_at_the_end_of_a_row_and_not_inside_it()
    {
        using Decoder decoder = TinyPhi3.Model(Config("llama") with { PadToken = 5 });
        using IRewardNetwork reward = RewardFolder.Load(Saved(decoder));
        Tensor tokens = tensor(new long[] { 3, 5, 7, 5, 5 }).unsqueeze(0);
        Tensor hidden = decoder.HiddenStates(tokens, ones_like(tokens));
        Assert.That(reward.Rewards(tokens, ones_like(tokens)).item<float>(), Is.EqualTo(hidden[0][2].dot(decoder.Score!.flatten()).item<float>()).Within(1e-6),
            "transformers reads the score at the last token that is not padding, and closing ends of turns may be that token");
    }

    [Test]
    public void A_folder_is_written_as_transformers_reads_it()
    {
        using Decoder decoder = TinyPhi3.Model(Config("qwen2"));
        string folder = Saved(decoder);
        using JsonDocument config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "config.json")));
        Assert.That(config.RootElement.GetProperty("architectures")[0].GetString(), Is.EqualTo("Qwen2ForSequenceClassification"));
        Assert.That(config.RootElement.GetProperty("id2label").EnumerateObject().Count(), Is.EqualTo(1), "one label");
        Dictionary<string, Tensor> stored = SafetensorsFile.Read(Path.Combine(folder, "model.safetensors"));
        Assert.That(stored["score.weight"].shape, Is.EqualTo(new long[] { 1, 48 }));
        Assert.That(stored.Keys, Does.Not.Contain("lm_head.weight").And.Not.Contain("score.bias"));
    }

    [Test]
    public void Several_labels_are_refused()
    {
        using Decoder decoder = TinyPhi3.Model(Config("llama"));
        string folder = Saved(decoder), path = Path.Combine(folder, "model.safetensors");
        Dictionary<string, Tensor> stored = SafetensorsFile.Read(path);
        stored["score.weight"] = zeros(2, 48);
        SafetensorsWriter.Write(path, stored);
        Assert.That(() => RewardFolder.Load(folder), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{folder}: the checkpoint does not fit the model (1 faults)\n  wrong shape: score.weight is [2, 48] in the checkpoint, [1, 48] in the model"));
    }

    [Test]
    public void A_language_model_s_head_is_no_judge()
    {
        using Decoder decoder = TinyPhi3.Model(Config("llama"));
        string folder = Saved(decoder), path = Path.Combine(folder, "model.safetensors");
        Dictionary<string, Tensor> stored = SafetensorsFile.Read(path);
        stored["lm_head.weight"] = stored["score.weight"];
        stored.Remove("score.weight");
        SafetensorsWriter.Write(path, stored);
        Assert.That(() => RewardFolder.Load(folder), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith($"{folder}: the checkpoint does not fit the model (2 faults)\n  missing: score.weight")
            .And.Message.EndsWith("\n  a judge has score.weight in place of a language model's head: name a reward model, or let the recipe train one"));
    }

    [TestCase("LlamaForCausalLM", "llama")]
    [TestCase("DebertaV2ForSequenceClassification", "deberta-v2")]
    [TestCase("LlamaForSequenceClassification", "mistral")]
    public void Another_kind_of_model_is_refused_in_one_sentence(string architecture, string type)
    {
        string path = _files.Write(System.Text.Encoding.UTF8.GetBytes($$"""{ "architectures": ["{{architecture}}"], "model_type": "{{type}}" }"""), "config.json");
        Assert.That(() => RewardFolder.Load(_files.Folder), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{path} is of a {architecture}, model_type \"{type}\": no reward model this code can run; wanted one of "
            + string.Join(", ", DecoderFamily.All.Select(family => family.RewardArchitecture)) + ", GPTNeoXRewardModel, GPTNeoXForSequenceClassification"));
    }

    private static DecoderConfig Config(string type) =>
        TinyPhi3.Config with { Family = DecoderFamily.All.Single(family => family.ModelType == type), Scores = true };

    private string Saved(Decoder decoder)
    {
        string folder = Path.Combine(_files.Folder, "judge");
        decoder.Save(folder, new Dictionary<string, byte[]>());
        return folder;
    }
}
