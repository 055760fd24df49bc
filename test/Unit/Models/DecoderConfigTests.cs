using Alignment.Models;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Models;

public class DecoderConfigTests
{
    private const string Sizes = """
        "vocab_size": 320, "hidden_size": 64, "intermediate_size": 160, "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2,
        "max_position_embeddings": 4096
        """;

    private string _path = null!;

    [SetUp]
    public void Name() => _path = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"phi3-config-{TestContext.CurrentContext.Test.ID}.json");

    [TearDown]
    public void Delete() => File.Delete(_path);

    [Test]
    public void A_written_configuration_is_read_back()
    {
        var config = new DecoderConfig
        {
            Shape = TinyPhi3.Config.Shape,
            NormEpsilon = 1e-6,
            RotaryTheta = 5000,
            SlidingWindow = 9,
            TiedHead = true,
            InitialDeviation = 0.5,
            BeginToken = 1,
            EndTokens = [2],
            PadToken = 3,
        };
        File.WriteAllText(_path, config.ToJson());
        DecoderConfig read = DecoderConfig.Read(_path);
        Assert.That(read with { EndTokens = config.EndTokens }, Is.EqualTo(config));
        Assert.That(read.EndTokens, Is.EqualTo(config.EndTokens));
    }

    [Test]
    public void Several_end_tokens_and_none_are_read_back([Values(0, 2)] int count)
    {
        long[] ends = [.. Enumerable.Range(5, count).Select(id => (long)id)];
        File.WriteAllText(_path, (TinyPhi3.Config with { EndTokens = ends }).ToJson());
        Assert.That(DecoderConfig.Read(_path).EndTokens, Is.EqualTo(ends));
    }

    [Test]
    public void Absent_keys_take_the_values_of_hugging_face()
    {
        DecoderConfig config = Read($$"""{ "model_type": "phi3", {{Sizes}} }""");
        Assert.That((config.NormEpsilon, config.RotaryTheta, config.SlidingWindow, config.TiedHead, config.BeginToken, config.PadToken),
            Is.EqualTo((1e-5, 10_000.0, (long?)null, false, (long?)null, (long?)null)));
    }

    [Test]
    public void The_window_is_read_with_or_without_the_token_itself()
    {
        DecoderConfig config = Read($$"""{ "model_type": "phi3", "sliding_window": 8, {{Sizes}} }""");
        Assert.That(config.KeysInWindow, Is.EqualTo(8));
        Assert.That((config with { WindowReading = WindowReading.ItselfExtra }).KeysInWindow, Is.EqualTo(9));
    }

    [Test]
    public void All_faults_are_named_at_once() => Fails("""
        { "model_type": "gpt2", "hidden_act": "gelu", "attention_bias": true, "rope_scaling": {"type": "longrope"}, "partial_rotary_factor": 0.5,
          "vocab_size": 0, "hidden_size": 60, "num_hidden_layers": 3, "num_attention_heads": 8, "num_key_value_heads": 3, "intermediate_size": "160",
          "max_position_embeddings": 16, "rms_norm_eps": -1, "tie_word_embeddings": 1, "eos_token_id": [1, -2] }
        """,
        " is no decoder configuration this code can run: $.model_type must be one of phi3, llama, mistral, qwen2, was \"gpt2\"; "
        + "$.hidden_act must be \"silu\", was \"gelu\"; "
        + "$.attention_bias must be false, was true; $.rope_scaling must be null, was {\"type\": \"longrope\"}; $.partial_rotary_factor must be 1, was 0.5; "
        + "$.vocab_size must be a positive integer, was 0; $.intermediate_size must be a positive integer, was \"160\"; "
        + "$.hidden_size must be divisible by twice $.num_attention_heads, was 60 with 8 heads; "
        + "$.num_attention_heads must be divisible by $.num_key_value_heads, was 8 with 3; $.rms_norm_eps must be a positive number, was -1; "
        + "$.tie_word_embeddings must be true or false, was 1; $.eos_token_id must be a token id ≥ 0 or a list of them, was [1, -2]");

    [Test]
    public void Each_family_is_written_with_its_names_and_read_back([Values("phi3", "llama", "mistral", "qwen2")] string type)
    {
        DecoderFamily family = DecoderFamily.All.Single(known => known.ModelType == type);
        DecoderConfig config = TinyPhi3.Config with { Family = family, SlidingWindow = family.Windowed ? 9 : null, EndTokens = [] };
        File.WriteAllText(_path, config.ToJson());
        Assert.That(File.ReadAllText(_path), Does.Contain($"\"{family.Architecture}\"").And.Contain($"\"model_type\": \"{type}\""));
        Assert.That(DecoderConfig.Read(_path) with { EndTokens = config.EndTokens }, Is.EqualTo(config));
    }

    [Test]
    public void The_window_of_a_family_without_one_is_not_read() =>
        Assert.That(Read($$"""{ "model_type": "qwen2", "use_sliding_window": false, "sliding_window": 8, {{Sizes}} }""").SlidingWindow, Is.Null);

    [Test]
    public void What_would_change_the_numbers_is_refused() => Fails(
        $$"""
        { "model_type": "llama", "rope_scaling": {"rope_type": "yarn", "factor": 0, "low_freq_factor": 4, "high_freq_factor": 1},
          "rope_parameters": {"full_attention": { } }, "mlp_bias": true, "use_sliding_window": true,
          "quantization_config": {}, "head_dim": 32, {{Sizes}} }
        """,
        " is no decoder configuration this code can run: $.mlp_bias must be false, was true; $.use_sliding_window must be false, was true; "
        + "$.quantization_config must be null, was {}; $.rope_parameters has numbers for each kind of layer, and this model has one kind; "
        + "$.rope_scaling.rope_type must be one of default, llama3, was \"yarn\"; $.rope_scaling.factor must be a positive number, was 0; "
        + "$.rope_scaling.original_max_position_embeddings is missing; $.rope_scaling.high_freq_factor must be at least low_freq_factor, was 1 with 4; "
        + "$.rope_scaling and $.rope_parameters contradict each other; $.head_dim must be $.hidden_size / $.num_attention_heads = 16, was 32");

    private const string Llama3 = "\"factor\": 8, \"low_freq_factor\": 1, \"high_freq_factor\": 4, \"original_max_position_embeddings\": 64";

    [TestCase("llama", """ "rope_theta": 500 """, """ "rope_parameters": { "rope_theta": 500, "rope_type": "default" } """)]
    [TestCase("llama", """ "rope_theta": 500 """, """ "rope_parameters": { "rope_theta": 500 }, "rope_theta": 500, "rope_scaling": null """)]
    [TestCase("llama", """ "rope_theta": 500, "rope_scaling": { "rope_type": "llama3", """ + Llama3 + " } ",
        """ "rope_parameters": { "rope_theta": 500, "rope_type": "llama3", """ + Llama3 + " } ")]
    [TestCase("llama", """ "rope_scaling": { "type": "llama3", """ + Llama3 + " } ", """ "rope_parameters": { "rope_type": "llama3", """ + Llama3 + " } ")]
    [TestCase("phi3", """ "rope_theta": 500 """, """ "rope_parameters": { "rope_theta": 500, "rope_type": "default", "partial_rotary_factor": 1.0 } """)]
    [TestCase("qwen2", """ "rope_theta": 500 """, """ "rope_parameters": { "rope_theta": 500 } """)]
    public void Rotary_numbers_of_transformers_5_are_those_of_transformers_4(string type, string four, string five)
    {
        DecoderConfig read = Read($$"""{ "model_type": "{{type}}", {{Sizes}}, "dtype": "bfloat16", "transformers_version": "5.0.0", {{five}} }""");
        Assert.That(read with { EndTokens = [] }, Is.EqualTo(Read($$"""{ "model_type": "{{type}}", {{Sizes}}, "torch_dtype": "bfloat16", {{four}} }""") with { EndTokens = [] }));
        Assert.That(read.RotaryTheta == 500 || read.RotaryScaling != null);
    }

    [TestCase("llama", """ "rope_theta": 10000, "rope_parameters": { "rope_theta": 500 } """,
        "$.rope_theta is 10000 and $.rope_parameters.rope_theta is 500: they must say the same")]
    [TestCase("llama", """ "rope_scaling": { "rope_type": "llama3", """ + Llama3 + """ }, "rope_parameters": { "rope_type": "default" } """,
        "$.rope_scaling and $.rope_parameters contradict each other")]
    [TestCase("mistral", """ "rope_parameters": { "rope_type": "default", "partial_rotary_factor": 0.5 } """, "$.rope_parameters.partial_rotary_factor must be 1, was 0.5")]
    public void Rotary_numbers_that_contradict_each_other_or_are_not_computed_are_refused(string type, string keys, string message) =>
        Fails($$"""{ "model_type": "{{type}}", {{Sizes}}, {{keys}} }""", " is no decoder configuration this code can run: " + message);

    [Test]
    public void A_missing_size_is_named() => Fails(
        $$"""{ "model_type": "phi3", {{Sizes.Replace("\"vocab_size\": 320,", "", StringComparison.Ordinal)}} }""",
        " is no decoder configuration this code can run: $.vocab_size is missing");

    [Test]
    public void A_list_is_no_configuration() => Fails("[]", " must hold a JSON object, but holds a list");

    [Test]
    public void Text_is_no_configuration()
    {
        File.WriteAllText(_path, "phi3");
        Assert.That(() => DecoderConfig.Read(_path), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith(_path + " is not JSON: "));
    }

    private void Fails(string json, string message)
    {
        File.WriteAllText(_path, json);
        Assert.That(() => DecoderConfig.Read(_path), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(_path + message));
    }

    private DecoderConfig Read(string json)
    {
        File.WriteAllText(_path, json);
        return DecoderConfig.Read(_path);
    }
}
