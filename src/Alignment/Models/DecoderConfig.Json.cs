using System.Globalization;
using System.Text.Json;
using Alignment.Files;

namespace Alignment.Models;

/// <summary>config.json, read and written.</summary>
public sealed partial record DecoderConfig
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    /// <summary>Reads a config.json of Hugging Face; keys that change no number are ignored.</summary>
    /// <exception cref="InvalidDataException">Keys are missing, wrong or ask for what this code does not compute; the message names all of
    /// them.</exception>
    public static DecoderConfig Read(string path)
    {
        using var json = new ConfigJson(path);
        string? type = json.OneOf("model_type", DecoderFamily.All.Select(known => known.ModelType));
        DecoderFamily family = DecoderFamily.All.FirstOrDefault(known => known.ModelType == type, DecoderFamily.Phi3);
        RefuseOtherArithmetic(json, family);
        var config = new DecoderConfig
        {
            Family = family,
            Shape = ReadShape(json),
            NormEpsilon = json.Positive("rms_norm_eps", family.NormEpsilon),
            RotaryTheta = json.Positive("rope_theta", 10_000),
            RotaryScaling = family.ScalesRotary && json.Object("rope_scaling") is { } scaling ? RotaryScaling.Read(scaling) : null,
            SlidingWindow = family.Windowed ? json.SizeOrNull("sliding_window") : null,
            TiedHead = json.Flag("tie_word_embeddings", false),
            InitialDeviation = json.Positive("initializer_range", 0.02),
            BeginToken = json.Tokens("bos_token_id") is [var begin, ..] ? begin : null,
            EndTokens = json.Tokens("eos_token_id"),
            PadToken = json.Tokens("pad_token_id") is [var pad, ..] ? pad : null,
        };
        json.ThrowFaults("decoder configuration");
        return config;
    }

    /// <summary>Reads config.json, and what generation_config.json says of end tokens where it is there: generation ends by that file.</summary>
    /// <exception cref="InvalidDataException">As in <see cref="Read"/>.</exception>
    public static DecoderConfig ReadFolder(string folder)
    {
        DecoderConfig config = Read(Path.Combine(folder, "config.json"));
        string generation = Path.Combine(folder, "generation_config.json");
        if (!File.Exists(generation))
            return config;
        using var json = new ConfigJson(generation);
        long[] ends = json.Tokens("eos_token_id");
        json.ThrowFaults("generation configuration");
        return ends.Length == 0 ? config : config with { EndTokens = ends };
    }

    /// <summary>The text of a config.json that transformers and <see cref="Read"/> understand; the window's reading is not a part of it.</summary>
    /// <param name="dtype">The dtype of the stored weights, as "float32" or "bfloat16".</param>
    public string ToJson(string dtype = "float32")
    {
        Dictionary<string, object?> keys = Keys(dtype);
        if (Family == DecoderFamily.Phi3)
            keys["original_max_position_embeddings"] = Shape.MaxPositions;
        if (Family == DecoderFamily.Qwen2)
            keys["use_sliding_window"] = false;
        return JsonSerializer.Serialize(keys, s_indented) + "\n";
    }

    /// <summary>The text of a generation_config.json: the tokens that begin, end and fill.</summary>
    public string ToGenerationJson() => JsonSerializer.Serialize(new Dictionary<string, object?>
    {
        ["bos_token_id"] = BeginToken,
        ["eos_token_id"] = EndTokensAsJson,
        ["pad_token_id"] = PadToken,
    }, s_indented) + "\n";

    private object? EndTokensAsJson => EndTokens is [var end] ? end : EndTokens.Count == 0 ? null : EndTokens;

    // null where transformers' default for the key is another value
    private Dictionary<string, object?> Keys(string dtype) => new()
    {
        ["architectures"] = new[] { Family.Architecture },
        ["model_type"] = Family.ModelType,
        ["vocab_size"] = Shape.Vocabulary,
        ["hidden_size"] = Shape.Width,
        ["intermediate_size"] = Shape.MlpWidth,
        ["num_hidden_layers"] = Shape.Layers,
        ["num_attention_heads"] = Shape.Heads,
        ["num_key_value_heads"] = Shape.KeyValueHeads,
        ["max_position_embeddings"] = Shape.MaxPositions,
        ["hidden_act"] = "silu",
        ["mlp_bias"] = false,
        ["attention_bias"] = false,
        ["attention_dropout"] = 0.0,
        ["embd_pdrop"] = 0.0,
        ["resid_pdrop"] = 0.0,
        ["rms_norm_eps"] = NormEpsilon,
        ["rope_theta"] = RotaryTheta,
        ["rope_scaling"] = RotaryScaling?.ToJson(),
        ["sliding_window"] = SlidingWindow,
        ["tie_word_embeddings"] = TiedHead,
        ["initializer_range"] = InitialDeviation,
        ["bos_token_id"] = BeginToken,
        ["eos_token_id"] = EndTokensAsJson,
        ["pad_token_id"] = PadToken,
        ["torch_dtype"] = dtype,
        ["use_cache"] = true,
    };

    // what would load without a word and compute something else
    private static void RefuseOtherArithmetic(ConfigJson json, DecoderFamily family)
    {
        json.Only("hidden_act", "\"silu\"");
        json.Only("attention_bias", "false");
        json.Only("mlp_bias", "false");
        json.Only("use_sliding_window", "false");
        if (!family.ScalesRotary)
            json.OnlyNull("rope_scaling");
        json.OnlyNull("rope_parameters");
        json.OnlyNull("quantization_config");
        double turned = json.Positive("partial_rotary_factor", 1);
        json.Require(turned == 1, $"$.partial_rotary_factor must be 1, was {turned.ToString(CultureInfo.InvariantCulture)}");
    }

    private static ModelShape ReadShape(ConfigJson json)
    {
        long heads = json.Size("num_attention_heads");
        var shape = new ModelShape
        {
            Vocabulary = json.Size("vocab_size"),
            Width = json.Size("hidden_size"),
            Layers = (int)json.Size("num_hidden_layers"),
            Heads = (int)heads,
            KeyValueHeads = (int)json.Size("num_key_value_heads", heads),
            MlpWidth = json.Size("intermediate_size"),
            MaxPositions = json.Size("max_position_embeddings"),
        };
        json.Require(shape.Width % (2 * heads) == 0,
            $"$.hidden_size must be divisible by twice $.num_attention_heads, was {shape.Width} with {heads} heads");
        json.Require((json.SizeOrNull("head_dim") ?? shape.Width / heads) == shape.Width / heads,
            $"$.head_dim must be $.hidden_size / $.num_attention_heads = {shape.Width / heads}, was {json.SizeOrNull("head_dim")}");
        json.Require(heads % shape.KeyValueHeads == 0,
            $"$.num_attention_heads must be divisible by $.num_key_value_heads, was {heads} with {shape.KeyValueHeads}");
        return shape;
    }
}
