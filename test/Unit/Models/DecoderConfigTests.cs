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
        " is no decoder configuration this code can run: $.model_type must be one of phi3, llama, mistral, qwen2, qwen3, smollm3, granite, olmo2, olmo3, gemma2, gemma3_text, was \"gpt2\"; "
        + "$.hidden_act must be \"silu\", was \"gelu\"; $.attention_bias must be false, was true; "
        + "$.vocab_size must be a positive integer, was 0; $.intermediate_size must be a positive integer, was \"160\"; "
        + "$.hidden_size must be divisible by $.num_attention_heads where there is no $.head_dim, was 60 with 8 heads; "
        + "$.head_dim = $.hidden_size / $.num_attention_heads must be even, was 7; "
        + "$.num_attention_heads must be divisible by $.num_key_value_heads, was 8 with 3; $.rope_scaling.short_factor is missing; $.rope_scaling.long_factor is missing; "
        + "$.partial_rotary_factor must be a share of a head that is an even number of dimensions, was 0.5 of 7; $.rms_norm_eps must be a positive number, was -1; "
        + "$.tie_word_embeddings must be true or false, was 1; $.eos_token_id must be a token id ≥ 0 or a list of them, was [1, -2]");

    [Test]
    public void Each_family_is_written_with_its_names_and_read_back([ValueSource(typeof(TinyFamilies), nameof(TinyFamilies.Names))] string name)
    {
        DecoderConfig config = TinyFamilies.Config(name) with { EndTokens = [] };
        File.WriteAllText(_path, config.ToJson());
        Assert.That(File.ReadAllText(_path), Does.Contain($"\"{config.Family.Architecture}\"").And.Contain($"\"model_type\": \"{config.Family.ModelType}\""));
        Assert.That(DecoderConfig.Read(_path) with { EndTokens = config.EndTokens }, Is.EqualTo(config));
    }

    [Test]
    public void The_window_of_a_family_without_one_is_not_read() =>
        Assert.That(Read($$"""{ "model_type": "qwen2", "use_sliding_window": false, "sliding_window": 8, {{Sizes}} }""").SlidingWindow, Is.Null);

    [Test]
    public void What_would_change_the_numbers_is_refused() => Fails(
        $$"""
        { "model_type": "qwen2", "rope_scaling": {"rope_type": "llama3", "factor": 0, "low_freq_factor": 4, "high_freq_factor": 1, "more": 1},
          "rope_parameters": {"full_attention": { } }, "mlp_bias": true, "use_sliding_window": true, "layer_types": ["full_attention", "chunked"],
          "quantization_config": {}, "head_dim": 31, "num_relative_buckets": 4, "logit_scale": 2, {{Sizes}} }
        """,
        " is no decoder configuration this code can run: $.mlp_bias must be false, was true; "
        + "$.quantization_config must be null, was {}; $.head_dim must be even, was 31; "
        + "$.rope_parameters has numbers for each kind of layer, and this model has one kind; "
        + "$.rope_scaling.factor must be a positive number, was 0; "
        + "$.rope_scaling.original_max_position_embeddings is missing; $.rope_scaling.high_freq_factor must be at least low_freq_factor, was 1 with 4; "
        + "$.rope_scaling.more is not a known key of positions of type llama3; "
        + "$.layer_types[1] must be full_attention or sliding_attention, was \"chunked\"; $.layer_types must have one name for each of the 3 layers, was 2; "
        + "$.num_relative_buckets is no key that is known of qwen2: it may change what the model computes; take it out of config.json if it does not; "
        + "$.logit_scale is no key that is known of qwen2: it may change what the model computes; take it out of config.json if it does not");

    [TestCase(""" "model_type": "qwen3_moe" """, "a mixture of experts ($.model_type is qwen3_moe)")]
    [TestCase(""" "model_type": "llama", "num_local_experts": 8 """, "a mixture of experts ($.num_local_experts is given)")]
    [TestCase(""" "model_type": "mamba2" """, "a model with linear attention or a state space ($.model_type is mamba2)")]
    [TestCase(""" "model_type": "qwen3", "layer_types": ["linear_attention"] """, "a model with linear attention or a state space ($.layer_types has linear_attention)")]
    [TestCase(""" "model_type": "gemma3", "text_config": {} """, "a model that sees or hears ($.model_type is gemma3)")]
    public void A_model_of_another_build_gets_one_refusal(string keys, string kind) => Fails($$"""{ {{keys}} }""", $" is of {kind}, which this code does not run; "
        + "it runs phi3, llama, mistral, qwen2, qwen3, smollm3, granite, olmo2, olmo3, gemma2, gemma3_text");

    [Test]
    public void Keys_that_change_no_number_are_passed() => Read($$"""
        { "model_type": "llama", "architectures": ["LlamaForCausalLM"], "_name_or_path": "a", "use_cache": true, "attention_dropout": 0.1, "pretraining_tp": 2, "is_llama_config": true,
          "rope_interleaved": false, "full_attn_mod": 1, "lm_head_bias": false, "transformers.js_config": {}, "temperature": 0.5, "unsloth_version": "1", "some_new_key": null, {{Sizes}} }
        """);

    [TestCase("\"rope_interleaved\": true", "$.rope_interleaved must be false, was true")]
    [TestCase("\"interpolate_factor\": 2", "$.interpolate_factor must be 1, was 2")]
    [TestCase("\"use_bidirectional_attention\": true", "$.use_bidirectional_attention must be false, was true")]
    [TestCase("\"residual_multiplier\": 0.5", "$.residual_multiplier is no key that is known of llama: it may change what the model computes; take it out of config.json if it does not")]
    [TestCase("\"hidden_activation\": \"gelu_pytorch_tanh\"",
        "$.hidden_activation is no key that is known of llama: it may change what the model computes; take it out of config.json if it does not")]
    public void A_key_at_another_value_and_a_key_of_another_family_are_refused(string key, string message) =>
        Fails($$"""{ "model_type": "llama", {{Sizes}}, {{key}} }""", " is no decoder configuration this code can run: " + message);

    [TestCase("llama", 16, 2, 10_000, false)]
    [TestCase("mistral", 16, 2, 10_000, false)]
    [TestCase("qwen3", 128, 2, 10_000, false)]
    [TestCase("gemma2", 256, 2, 10_000, true)]
    [TestCase("gemma3_text", 256, 2, 1_000_000, true)]
    [TestCase("smollm3", 16, 2, 2_000_000, true)]
    public void Absent_keys_of_a_family_take_the_values_of_its_class(string type, int headWidth, int keyHeads, double theta, bool tied)
    {
        DecoderConfig config = Read($$"""{ "model_type": "{{type}}", {{Sizes}} }""");
        Assert.That((config.Shape.HeadWidth, config.Shape.KeyValueHeads, config.RotaryTheta, config.TiedHead), Is.EqualTo(((long)headWidth, keyHeads, theta, tied)));
    }

    [TestCase("llama", null, "...")]
    [TestCase("mistral", 4096, "www")]
    [TestCase("gemma2", 4096, "w.w")]
    [TestCase("olmo3", 4096, "www")]
    [TestCase("qwen2", null, "...")]
    [TestCase("smollm3", null, "...")]
    public void Absent_windows_are_those_of_the_class(string type, int? window, string layers)
    {
        DecoderConfig config = Read($$"""{ "model_type": "{{type}}", {{Sizes}} }""");
        Assert.That(config.SlidingWindow, Is.EqualTo((long?)window));
        Assert.That(string.Concat(Enumerable.Range(0, 3).Select(layer => config.Windowed(layer) ? 'w' : '.')), Is.EqualTo(layers));
    }

    [TestCase("qwen2", """ "use_sliding_window": true, "sliding_window": 8, "max_window_layers": 1 """, ".ww")]
    [TestCase("qwen2", """ "use_sliding_window": true, "sliding_window": 8, "layer_types": ["sliding_attention", "full_attention", "full_attention"] """, "w..")]
    [TestCase("gemma3_text", """ "sliding_window": 8, "sliding_window_pattern": 2 """, "w.w")]
    [TestCase("olmo3", """ "sliding_window": 8, "layer_types": ["full_attention", "sliding_attention", "full_attention"] """, ".w.")]
    [TestCase("mistral", """ "sliding_window": null """, "...")]
    [TestCase("smollm3", """ "use_sliding_window": true, "sliding_window": 8, "no_rope_layers": [1, 0, 1] """, ".w.")]
    public void Windows_are_read_layer_by_layer(string type, string keys, string layers)
    {
        DecoderConfig config = Read($$"""{ "model_type": "{{type}}", {{Sizes}}, {{keys}} }""");
        Assert.That(string.Concat(Enumerable.Range(0, 3).Select(layer => config.Windowed(layer) ? 'w' : '.')), Is.EqualTo(layers));
    }

    [Test]
    public void Rotary_numbers_of_each_kind_of_layer_are_read_in_either_form()
    {
        const string Five = """ "rope_parameters": { "full_attention": { "rope_type": "linear", "factor": 8, "rope_theta": 500 }, "sliding_attention": { "rope_type": "default", "rope_theta": 20 } } """;
        const string Four = """ "rope_theta": 500, "rope_scaling": { "rope_type": "linear", "factor": 8 }, "rope_local_base_freq": 20 """;
        DecoderConfig four = Read($$"""{ "model_type": "gemma3_text", {{Sizes}}, {{Four}} }"""), five = Read($$"""{ "model_type": "gemma3_text", {{Sizes}}, {{Five}} }""");
        Assert.That(five with { EndTokens = [] }, Is.EqualTo(four with { EndTokens = [] }));
        Assert.That((four.Rotary(windowed: true), four.Rotary(windowed: false)), Is.EqualTo((new RotarySettings(256, 20), new RotarySettings(256, 500, new LinearScaling(8)))));
        Fails($$"""{ "model_type": "gemma3_text", {{Sizes}}, {{Five}}, "rope_local_base_freq": 30 }""",
            " is no decoder configuration this code can run: $.rope_local_base_freq is 30 and $.rope_parameters.sliding_attention.rope_theta is 20: they must say the same");
    }

    [Test]
    public void Yarn_takes_its_amplitude_from_the_factor_unless_it_is_given()
    {
        Assert.That(Scaling("""{ "type": "yarn", "factor": 4 }"""), Is.EqualTo(new YarnScaling(4, 4096, 0.1 * Math.Log(4) + 1)));
        Assert.That(Scaling("""{ "rope_type": "yarn", "factor": 4, "original_max_position_embeddings": 64, "mscale": 2, "mscale_all_dim": 0.5, "beta_fast": 16, "truncate": false }"""),
            Is.EqualTo(new YarnScaling(4, 64, (0.2 * Math.Log(4) + 1) / (0.05 * Math.Log(4) + 1)) { FastTurns = 16, WholeDimensions = false }));
        Assert.That(Scaling("""{ "rope_type": "yarn", "factor": 4, "attention_factor": 1.25 }"""), Is.EqualTo(new YarnScaling(4, 4096, 1.25)));

        IRotaryScaling? Scaling(string json) => Read($$"""{ "model_type": "qwen2", {{Sizes}}, "rope_scaling": {{json}} }""").RotaryScaling;
    }

    [Test]
    public void Longrope_is_read_under_all_its_names_and_its_lists_must_fit()
    {
        const string Lists = "\"short_factor\": [1, 1, 1, 1, 1, 1, 1, 2], \"long_factor\": [1, 2, 3, 4, 5, 6, 7, 8]";
        foreach (string name in new[] { "longrope", "su", "yarn" })
            Assert.That(Read($$"""{ "model_type": "phi3", {{Sizes}}, "original_max_position_embeddings": 1024, "rope_scaling": { "type": "{{name}}", {{Lists}} } }""").RotaryScaling,
                Is.EqualTo(new LongRopeScaling([1, 1, 1, 1, 1, 1, 1, 2], [1, 2, 3, 4, 5, 6, 7, 8], 1024, Math.Sqrt(1 + Math.Log(4) / Math.Log(1024)))), name);
        Fails($$"""{ "model_type": "phi3", {{Sizes}}, "partial_rotary_factor": 0.5, "original_max_position_embeddings": 1024, "rope_scaling": { "type": "longrope", {{Lists}}, "factor": 3 } }""",
            " is no decoder configuration this code can run: $.rope_scaling.factor must be $.max_position_embeddings / $.original_max_position_embeddings = 4, was 3; "
            + "$.rope_scaling.short_factor must have one number for each pair of turned dimensions, 4, was 8; "
            + "$.rope_scaling.long_factor must have one number for each pair of turned dimensions, 4, was 8");
    }

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
    [TestCase("llama", """ "rope_scaling": { "rope_type": "default", "type": "linear" } """,
        "$.rope_scaling.rope_type is default and $.rope_scaling.type is linear: they must say the same")]
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
