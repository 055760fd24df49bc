using Alignment.Checkpoints;
using Alignment.Models;
using Alignment.Models.NeoX;
using Alignment.Tests.Unit.Checkpoints.Safetensors;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Models;

/// <summary>What a configuration says of a model's parameters is what the model has, and a checkpoint is held against it before the model is made.</summary>
internal sealed class WeightShapesTests
{
    [Test]
    public void A_decoders_parameters_are_those_its_configuration_names(
        [Values("phi3", "llama", "mistral", "qwen2")] string type, [Values] bool tied)
    {
        DecoderFamily family = DecoderFamily.All.Single(known => known.ModelType == type);
        using Decoder model = TinyPhi3.Model(TinyPhi3.Config with { Family = family, TiedHead = tied });
        Assert.That(DecoderWeights.Of(model.Config).Select(Text), Is.EquivalentTo(model.state_dict().Select(item => Text(item.Key, item.Value))));
    }

    [Test]
    public void Adapters_are_those_their_settings_name([Values("phi3", "qwen2")] string type)
    {
        DecoderFamily family = DecoderFamily.All.Single(known => known.ModelType == type);
        var settings = new LoraSettings { Rank = 3, Alpha = 6, Targets = ["o_proj", "mlp.down_proj"] };
        using Decoder model = TinyPhi3.Model(TinyPhi3.Config with { Family = family });
        LoraAdapters adapters = LoraAdapters.Attach(model, settings, 1);
        Assert.That(DecoderWeights.Adapters(model.Config, settings).Select(Text),
            Is.EquivalentTo(adapters.Parameters.Select(item => Text(item.Key, item.Value))));
    }

    [Test]
    public void A_reward_models_parameters_are_those_its_configuration_names([Values] RewardHead head)
    {
        var config = new NeoXConfig { Vocabulary = 7, Width = 8, Layers = 2, Heads = 1, MlpWidth = 12, Head = head };
        using NeoXReward model = NeoXReward.Create(config, 1);
        Assert.That(NeoXWeights.Of(config).Select(Text), Is.EquivalentTo(model.state_dict().Select(item => Text(item.Key, item.Value))));
    }

    [TestCase("num_hidden_layers", 2, 2_000_000_000, "the checkpoint does not fit the model (more than 100 faults)\n  missing: model.layers.10.")]
    [TestCase("vocab_size", 29, 2_000_000_000, "the checkpoint does not fit the model (2 faults)\n"
        + "  wrong shape: lm_head.weight is [29, 48] in the checkpoint, [2000000000, 48] in the model\n")]
    [TestCase("intermediate_size", 40, 2_000_000_000, "the checkpoint does not fit the model (4 faults)\n")]
    public void A_decoder_larger_than_its_checkpoint_is_refused_before_it_is_made(string key, int held, int said, string message)
    {
        using var files = new SafetensorsBytes();
        using var scope = NewDisposeScope();
        using Decoder model = TinyPhi3.Model();
        string folder = Path.Combine(files.Folder, "model");
        model.Save(folder, new Dictionary<string, byte[]>());
        Rewrite(Path.Combine(folder, "config.json"), $"\"{key}\": {held}", $"\"{key}\": {said}");
        Assert.That(() => Decoder.Load(folder), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith($"{folder}: {message}"));
    }

    [Test]
    public void A_decoder_of_more_positions_than_are_ever_used_takes_no_memory_for_them()
    {
        using Decoder model = TinyPhi3.Model(TinyPhi3.Config with { Shape = TinyPhi3.Config.Shape with { MaxPositions = int.MaxValue } });
        using Decoder small = TinyPhi3.Model();
        using var scope = NewDisposeScope();
        Tensor tokens = tensor(TinyPhi3.Rows(9)[0]).unsqueeze(0);
        Assert.That(TinyPhi3.Distance(model.forward(tokens), small.forward(tokens)), Is.Zero);
    }

    [Test]
    public void Angles_have_the_same_bits_whenever_the_tables_grew()
    {
        using var scope = NewDisposeScope();
        using var grown = new Rotary(new(16, 10_000));
        using var atOnce = new Rotary(new(16, 10_000));
        Tensor like = zeros(1);
        foreach (long length in new[] { 5, Rotary.BlockPositions + 1, 3 * Rotary.BlockPositions })
            grown.First(length, like);
        Tensor positions = arange(5000, ScalarType.Int64).view(2, 2500);
        Assert.That(grown.At(positions, 5000, longer: null, like).Cosine.bytes.SequenceEqual(atOnce.At(positions, 5000, longer: null, like).Cosine.bytes));
        Assert.That(grown.First(5000, like).Sine.bytes.SequenceEqual(atOnce.First(5000, like).Sine.bytes));
    }

    [Test]
    public void A_reward_model_larger_than_its_checkpoint_is_refused_before_it_is_made()
    {
        using var files = new SafetensorsBytes();
        string folder = Path.Combine(files.Folder, "model");
        using (NeoXReward model = NeoXReward.Create(new() { Vocabulary = 7, Width = 8, Layers = 1, Heads = 1, MlpWidth = 12 }, 1))
            model.Save(folder);
        Rewrite(Path.Combine(folder, "config.json"), "\"num_hidden_layers\": 1", "\"num_hidden_layers\": 2000000000");
        Assert.That(() => NeoXReward.Load(folder), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith(
            $"{folder}: the checkpoint does not fit the model (more than 100 faults)\n"));
    }

    [Test]
    public void Adapters_of_a_rank_their_file_does_not_have_are_refused_before_they_are_made()
    {
        using var files = new SafetensorsBytes();
        using var scope = NewDisposeScope();
        using Decoder model = LoraTests.Adapted(settings: new LoraSettings { Rank = 3, Alpha = 6, Targets = ["o_proj"] }), again = TinyPhi3.Model();
        string folder = Path.Combine(files.Folder, "adapter");
        PeftFolder.Save(model.Adapters!, folder, "", new Dictionary<string, byte[]>());
        Rewrite(Path.Combine(folder, "adapter_config.json"), "\"r\": 3", "\"r\": 2000000000");
        Assert.That(() => PeftFolder.Load(again, folder), Throws.TypeOf<InvalidDataException>().With.Message.Contains(
            "self_attn.o_proj.lora_A.weight is [3, 48], wanted [2000000000, 48]"));
    }

    private static void Rewrite(string path, string piece, string replacement)
    {
        string text = File.ReadAllText(path);
        Assert.That(text, Does.Contain(piece));
        File.WriteAllText(path, text.Replace(piece, replacement, StringComparison.Ordinal));
    }

    private static string Text(StoredTensor tensor) => $"{tensor.Name} {tensor.Type} [{string.Join(", ", tensor.Shape)}]";

    private static string Text(string name, Tensor tensor) => $"{name} {tensor.dtype} [{string.Join(", ", tensor.shape)}]";
}
