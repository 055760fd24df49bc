using System.Globalization;
using System.Text.Json;
using Alignment.Files;

namespace Alignment.Models;

/// <summary>config.json, read and written.</summary>
internal sealed partial record DecoderConfig
{
    private static readonly JsonKind<long[]> s_tokens = new("a token id ≥ 0 or a list of them", [], static (JsonElement value, out long[] read) =>
    {
        JsonElement[] items = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];
        bool allowed = items.All(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out long id) && id >= 0);
        read = allowed ? [.. items.Select(item => item.GetInt64())] : [];
        return allowed;
    });
    private static readonly RotaryNames s_rotary = new("rope_theta", 10_000, "partial_rotary_factor", 1);
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    /// <summary>Reads a config.json of Hugging Face; keys that change no number are ignored.</summary>
    /// <exception cref="InvalidDataException">Keys are missing, wrong or ask for what this code does not compute; names all of them.</exception>
    public static DecoderConfig Read(string path)
    {
        var faults = new ConfigFaults(path);
        JsonObjectReader json = faults.Read();
        string type = json.OneOf("model_type", DecoderFamily.All.Select(known => known.ModelType));
        DecoderFamily family = DecoderFamily.All.FirstOrDefault(known => known.ModelType == type, DecoderFamily.Phi3);
        RefuseOtherArithmetic(json);
        RotaryKeys rotary = RotaryKeys.Read(json, s_rotary, family.ScalesRotary);
        json.Require(rotary.Share == 1, string.Create(CultureInfo.InvariantCulture, $"{(json.Has("partial_rotary_factor") ? "$" : "$.rope_parameters")}.partial_rotary_factor must be 1, was {rotary.Share}"));
        var config = new DecoderConfig
        {
            Family = family,
            Shape = ReadShape(json),
            NormEpsilon = json.Get("rms_norm_eps", JsonKind.Positive, family.NormEpsilon),
            RotaryTheta = rotary.Theta,
            RotaryScaling = rotary.Scaling,
            SlidingWindow = family.Windowed && json.Has("sliding_window") ? json.Get("sliding_window", JsonKind.Size) : null,
            TiedHead = json.Get("tie_word_embeddings", JsonKind.Truth, false),
            InitialDeviation = json.Get("initializer_range", JsonKind.Positive, 0.02),
            BeginToken = json.Get("bos_token_id", s_tokens, []) is [var begin, ..] ? begin : null,
            EndTokens = json.Get("eos_token_id", s_tokens, []),
            PadToken = json.Get("pad_token_id", s_tokens, []) is [var pad, ..] ? pad : null,
        };
        RequireInVocabulary(json, config.EndTokens, config.Shape);
        faults.Throw("decoder configuration");
        return config;
    }

    /// <summary>Reads config.json, and the end tokens of generation_config.json where it is there: generation ends at those of both files.</summary>
    /// <exception cref="InvalidDataException">As in <see cref="Read"/>, or an end token is outside the vocabulary.</exception>
    public static DecoderConfig ReadFolder(string folder)
    {
        DecoderConfig config = Read(Path.Combine(folder, "config.json"));
        string generation = Path.Combine(folder, "generation_config.json");
        if (!File.Exists(generation))
            return config;
        var faults = new ConfigFaults(generation);
        JsonObjectReader json = faults.Read();
        long[] ends = json.Get("eos_token_id", s_tokens, []);
        RequireInVocabulary(json, ends, config.Shape);
        faults.Throw("generation configuration");
        return config with { EndTokens = [.. ends.Union(config.EndTokens)] };
    }

    private static void RequireInVocabulary(JsonObjectReader json, IEnumerable<long> ends, ModelShape shape)
    {
        foreach (long end in ends.Where(end => end >= shape.Vocabulary))
            json.Require(false, $"$.eos_token_id {end} is outside the vocabulary of {shape.Vocabulary} tokens");
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
        if (Scores) // transformers counts the labels to size the head
            (keys["id2label"], keys["label2id"]) = (new Dictionary<string, string> { ["0"] = "LABEL_0" }, new Dictionary<string, int> { ["LABEL_0"] = 0 });
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
        ["architectures"] = new[] { Scores ? Family.RewardArchitecture : Family.Architecture },
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
    private static void RefuseOtherArithmetic(JsonObjectReader json)
    {
        json.Only("hidden_act", "\"silu\"");
        json.Only("attention_bias", "false");
        json.Only("mlp_bias", "false");
        json.Only("use_sliding_window", "false");
        json.OnlyNull("quantization_config");
    }

    private static ModelShape ReadShape(JsonObjectReader json)
    {
        long heads = json.Get("num_attention_heads", JsonKind.Size);
        var shape = new ModelShape
        {
            Vocabulary = json.Get("vocab_size", JsonKind.Size),
            Width = json.Get("hidden_size", JsonKind.Size),
            Layers = (int)json.Get("num_hidden_layers", JsonKind.Size),
            Heads = (int)heads,
            KeyValueHeads = (int)json.Get("num_key_value_heads", JsonKind.Size, heads),
            MlpWidth = json.Get("intermediate_size", JsonKind.Size),
            MaxPositions = json.Get("max_position_embeddings", JsonKind.Size),
        };
        long headWidth = json.Get("head_dim", JsonKind.Size, shape.Width / heads);
        json.Require(shape.Width % (2 * heads) == 0,
            $"$.hidden_size must be divisible by twice $.num_attention_heads, was {shape.Width} with {heads} heads");
        json.Require(headWidth == shape.Width / heads,
            $"$.head_dim must be $.hidden_size / $.num_attention_heads = {shape.Width / heads}, was {headWidth}");
        json.Require(heads % shape.KeyValueHeads == 0,
            $"$.num_attention_heads must be divisible by $.num_key_value_heads, was {heads} with {shape.KeyValueHeads}");
        return shape;
    }
}
