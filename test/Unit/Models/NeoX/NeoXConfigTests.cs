using System.Text;
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
        string path = files.Write(Encoding.UTF8.GetBytes(config.ToJson()), "config.json");
        Assert.That(NeoXConfig.Read(path), Is.EqualTo(config));
    }

    [TestCase(""" "hidden_size": 8, "num_attention_heads": 3, "rotary_pct": 0.25 """,
        "$.hidden_size must be a multiple of num_attention_heads, was 8 and 3")]
    [TestCase(""" "hidden_size": 0, "num_attention_heads": -1, "rotary_pct": 0.25 """,
        "$.hidden_size must be a positive integer, was 0; $.num_attention_heads must be a positive integer, was -1")]
    [TestCase(""" "hidden_size": 8, "num_attention_heads": 1, "rotary_pct": 0.4 """,
        "$.rotary_pct of the head width must be an even number of dimensions, was 0.4 of 8")]
    [TestCase(""" "hidden_size": 8, "num_attention_heads": 1, "rotary_pct": 1, "hidden_act": "gelu_new", "pooling": "max", """
        + """ "attention_bias": false, "rope_scaling": {} """,
        "$.hidden_act must be \"gelu\", was \"gelu_new\"; $.attention_bias must be true, was false; $.rope_scaling must be null, was {}; "
        + "$.pooling must be last or mean, was \"max\"")]
    [TestCase(""" "hidden_size": 8, "num_attention_heads": 1, "rope_parameters": { "rope_type": "linear", "rope_theta": 500 } """,
        "$.rotary_emb_base is 10000 and $.rope_parameters.rope_theta is 500: they must say the same; $.rope_parameters.rope_type must be one of default, was \"linear\"")]
    [TestCase(""" "hidden_size": 8, "num_attention_heads": 1, "rotary_pct": 1, "architectures": ["GPTNeoXForCausalLM"] """,
        "$.architectures is GPTNeoXForCausalLM, which has no reward head; wanted GPTNeoXRewardModel or GPTNeoXForSequenceClassification")]
    public void Impossible_and_unsupported_models_are_refused(string fields, string message)
    {
        using var files = new SafetensorsBytes();
        string path = files.Write(Encoding.UTF8.GetBytes($"{{{fields}, {Good}}}"), "config.json");
        Assert.That(() => NeoXConfig.Read(path), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo($"{path} is no GPT-NeoX reward model this code can run: {message}"));
    }

    [Test]
    public void What_transformers_5_writes_is_read_as_what_transformers_4_writes()
    {
        using var files = new SafetensorsBytes();
        const string Sizes = """ "hidden_size": 64, "num_attention_heads": 4, "vocab_size": 8, "num_hidden_layers": 1, "intermediate_size": 8, "max_position_embeddings": 16 """;
        string four = files.Write(Encoding.UTF8.GetBytes($$"""{ {{Sizes}}, "rotary_pct": 0.5, "rotary_emb_base": 500, "torch_dtype": "float32" }"""), "four.json");
        string five = files.Write(Encoding.UTF8.GetBytes($$"""
            { {{Sizes}}, "dtype": "float32", "rope_parameters": { "rope_type": "default", "rope_theta": 500, "partial_rotary_factor": 0.5 } }
            """), "five.json");
        Assert.That(NeoXConfig.Read(five), Is.EqualTo(NeoXConfig.Read(four)));
        Assert.That((NeoXConfig.Read(five).RotaryBase, NeoXConfig.Read(five).RotaryWidth), Is.EqualTo((500.0, 8)));
    }

    [TestCase("{}", " is no GPT-NeoX reward model this code can run: $.vocab_size is missing; $.hidden_size is missing; ")]
    [TestCase("null", " must hold a JSON object, but holds null")]
    [TestCase("{", " is not JSON: ")]
    [TestCase("{\"architectures\": [\"\\ud800\"]}", " is not JSON: ")]
    [TestCase("{\"\\ud800\": 1}", " is not JSON: ")]
    public void What_is_no_config_is_refused(string json, string message)
    {
        using var files = new SafetensorsBytes();
        string path = files.Write(Encoding.UTF8.GetBytes(json), "config.json");
        Assert.That(() => NeoXConfig.Read(path),
            Throws.TypeOf<InvalidDataException>().With.Message.StartsWith(path + message));
    }

    [Test]
    public void A_model_of_an_impossible_configuration_is_not_made() => Assert.That(
        () => NeoXReward.Create(new() { Vocabulary = 0, Width = 8, Layers = 1, Heads = 2, MlpWidth = 8, RotaryFraction = 0.5 }, 1),
        Throws.ArgumentException.With.Message.EqualTo("vocab_size must be > 0, was 0"));
}
