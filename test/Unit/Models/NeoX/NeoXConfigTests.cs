using Alignment.Models.NeoX;
using Alignment.Tests.Unit.Checkpoints.Safetensors;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Models.NeoX;

public class NeoXConfigTests
{
    private const string Good = """
        "vocab_size": 8, "num_hidden_layers": 1, "intermediate_size": 8, "max_position_embeddings": 16, "rotary_emb_base": 10000,
        "layer_norm_eps": 1e-5, "use_parallel_residual": true
        """;

    [Test]
    public void What_is_written_is_read_again()
    {
        using var files = new SafetensorsBytes();
        var config = new NeoXConfig
        {
            Vocabulary = 5,
            Width = 24,
            Layers = 2,
            Heads = 3,
            MlpWidth = 7,
            MaxPositions = 9,
            RotaryFraction = 0.5,
            RotaryBase = 500,
            NormEpsilon = 1e-6,
            ParallelResidual = false,
            InitializerRange = 0.1,
            Pooling = RewardPooling.Mean,
        };
        string path = files.Write(System.Text.Encoding.UTF8.GetBytes(config.ToJson()), "config.json");
        Assert.That(NeoXConfig.Read(path), Is.EqualTo(config));
    }

    [TestCase(""" "hidden_size": 8, "num_attention_heads": 3, "rotary_pct": 0.25 """,
        "hidden_size must be a multiple of num_attention_heads, was 8 and 3")]
    [TestCase(""" "hidden_size": 0, "num_attention_heads": -1, "rotary_pct": 0.25 """,
        "hidden_size must be > 0, was 0; num_attention_heads must be > 0, was -1")]
    [TestCase(""" "hidden_size": 8, "num_attention_heads": 1, "rotary_pct": 0.4 """,
        "rotary_pct of the head width must be an even number of dimensions, was 0.4 of 8")]
    [TestCase(""" "hidden_size": 8, "num_attention_heads": 1, "rotary_pct": 1, "hidden_act": "gelu_new", "pooling": "max", """
        + """ "attention_bias": false, "rope_scaling": {} """,
        "hidden_act is gelu_new, only gelu (exact) is supported; pooling is max, only last and mean are supported; "
        + "attention_bias is false, only true is supported; rope_scaling is not supported")]
    [TestCase(""" "hidden_size": 8, "num_attention_heads": 1, "rotary_pct": 1, "architectures": ["GPTNeoXForCausalLM"] """,
        "architectures is GPTNeoXForCausalLM, which has no reward head; wanted GPTNeoXRewardModel or GPTNeoXForSequenceClassification")]
    public void Impossible_and_unsupported_models_are_refused(string fields, string message)
    {
        using var files = new SafetensorsBytes();
        string path = files.Write(System.Text.Encoding.UTF8.GetBytes($"{{{fields}, {Good}}}"), "config.json");
        Assert.That(() => NeoXConfig.Read(path), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo($"{path}: {message}"));
    }

    [TestCase("{}")]
    [TestCase("null")]
    [TestCase("{")]
    [TestCase("{\"architectures\": [\"\\ud800\"]}")]
    [TestCase("{\"\\ud800\": 1}")]
    public void What_is_no_config_is_refused(string json)
    {
        using var files = new SafetensorsBytes();
        string path = files.Write(System.Text.Encoding.UTF8.GetBytes(json), "config.json");
        Assert.That(() => NeoXConfig.Read(path),
            Throws.TypeOf<InvalidDataException>().With.Message.StartsWith($"{path}: is not the config.json of a GPT-NeoX model: "));
    }

    [Test]
    public void A_model_of_an_impossible_configuration_is_not_made() => Assert.That(
        () => NeoXReward.Create(new() { Vocabulary = 0, Width = 8, Layers = 1, Heads = 2, MlpWidth = 8, RotaryFraction = 0.5 }, 1),
        Throws.ArgumentException.With.Message.EqualTo("vocab_size must be > 0, was 0"));
}
