using System.Globalization;
using System.Text.Json;
using Alignment.Files;

namespace Alignment.Models;

/// <summary>config.json of transformers 4 and 5, read.</summary>
internal sealed partial record DecoderConfig
{
    private static readonly JsonKind<long[]> s_tokens = new("a token id ≥ 0 or a list of them", [], static (JsonElement value, out long[] read) =>
    {
        JsonElement[] items = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];
        bool allowed = items.All(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out long id) && id >= 0);
        read = allowed ? [.. items.Select(item => item.GetInt64())] : [];
        return allowed;
    });

    /// <summary>Reads a config.json of Hugging Face. A key that could change a number and is not known is refused by its name.</summary>
    /// <exception cref="InvalidDataException">Keys are missing, wrong or ask for what this code does not compute; names all of them.</exception>
    public static DecoderConfig Read(string path)
    {
        var faults = new ConfigFaults(path);
        JsonObjectReader json = faults.Read();
        OtherArchitectures.Refuse(json, path);
        string type = json.OneOf("model_type", DecoderFamily.All.Select(known => known.ModelType));
        DecoderFamily family = DecoderFamily.All.FirstOrDefault(known => known.ModelType == type, DecoderFamily.Phi3);
        RefuseOtherArithmetic(json, family);
        ModelShape shape = ReadShape(json, family);
        DecoderConfig config = Numbers(json, new() { Family = family, Shape = shape });
        config = LayerKeys.Read(json, Tokens(json, config));
        ConfigKeys.RefuseUnknown(json, type);
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

    private static DecoderConfig Numbers(JsonObjectReader json, DecoderConfig config)
    {
        DecoderFamily family = config.Family;
        var support = new RotarySupport(Scaled: true, family.LongRope, config.Shape.MaxPositions, config.Shape.HeadWidth);
        RotaryKeys rotary = RotaryKeys.Read(json, new("rope_theta", family.Absent.Theta, "partial_rotary_factor", 1)
        {
            PlainWindows = family.PlainWindows,
            WindowTheta = family.Absent.WindowTheta is null ? null : "rope_local_base_freq",
            AbsentWindowTheta = family.Absent.WindowTheta ?? 1,
        }, support);
        RequireShare(json, rotary.Share, config);
        return config with
        {
            NormEpsilon = json.Get("rms_norm_eps", JsonKind.Positive, family.Absent.NormEpsilon),
            AttentionBias = family.BiasedAttention && json.Get("attention_bias", JsonKind.Truth, false),
            MlpBias = family.BiasedMlp && json.Get("mlp_bias", JsonKind.Truth, false),
            RotaryTheta = rotary.Theta,
            RotaryShare = rotary.Share,
            RotaryScaling = rotary.Scaling,
            WindowRotaryTheta = rotary.WindowTheta,
            ScoreMultiplier = family.Multiplied ? json.Get("attention_multiplier", JsonKind.Positive, 1) : null,
            QueryScalar = family.Capped ? json.Get("query_pre_attn_scalar", JsonKind.Positive, 256) : null,
            ScoreCap = family.Capped ? Cap(json, "attn_logit_softcapping", family.Absent.ScoreCap) : null,
            LogitCap = family.Capped ? Cap(json, "final_logit_softcapping", family.Absent.LogitCap) : null,
            EmbeddingScale = family.Multiplied ? json.Get("embedding_multiplier", JsonKind.Positive, 1) : family.ScaledEmbedding ? Math.Sqrt(config.Shape.Width) : 1,
            ResidualScale = family.Multiplied ? json.Get("residual_multiplier", JsonKind.Positive, 1) : 1,
            LogitDivisor = family.Multiplied ? json.Get("logits_scaling", JsonKind.Positive, 1) : 1,
            TiedHead = json.Get("tie_word_embeddings", JsonKind.Truth, family.Absent.TiedHead),
            InitialDeviation = json.Get("initializer_range", JsonKind.Positive, 0.02),
        };
    }

    private static DecoderConfig Tokens(JsonObjectReader json, DecoderConfig config)
    {
        long? absent = json.IsNull("pad_token_id") || config.Family.Absent.PadToken >= config.Shape.Vocabulary ? null : config.Family.Absent.PadToken;
        config = config with
        {
            BeginToken = json.Get("bos_token_id", s_tokens, []) is [var begin, ..] ? begin : null,
            EndTokens = json.Get("eos_token_id", s_tokens, []),
            PadToken = json.Get("pad_token_id", s_tokens, []) is [var pad, ..] ? pad : absent,
        };
        RequireInVocabulary(json, config.EndTokens, config.Shape);
        return config;
    }

    private static double? Cap(JsonObjectReader json, string name, double? absent) =>
        json.Has(name) ? json.Get(name, JsonKind.Positive) : json.IsNull(name) ? null : absent;

    private static void RequireInVocabulary(JsonObjectReader json, IEnumerable<long> ends, ModelShape shape)
    {
        foreach (long end in ends.Where(end => end >= shape.Vocabulary))
            json.Require(false, $"$.eos_token_id {end} is outside the vocabulary of {shape.Vocabulary} tokens");
    }

    private static void RequireShare(JsonObjectReader json, double share, DecoderConfig config)
    {
        string place = json.Has("partial_rotary_factor") ? "$" : "$.rope_parameters";
        if (!config.Family.LongRope)
            json.Require(share == 1, string.Create(CultureInfo.InvariantCulture, $"{place}.partial_rotary_factor must be 1, was {share}"));
        else
            json.Require(share <= 1 && (long)(config.Shape.HeadWidth * share) is >= 2 and var turned && turned % 2 == 0, string.Create(CultureInfo.InvariantCulture,
                $"{place}.partial_rotary_factor must be a share of a head that is an even number of dimensions, was {share} of {config.Shape.HeadWidth}"));
    }

    // what would load without a word and compute something else
    private static void RefuseOtherArithmetic(JsonObjectReader json, DecoderFamily family)
    {
        string gate = family.GeluGate ? "\"gelu_pytorch_tanh\"" : "\"silu\"";
        json.Only(family.GeluGate ? "hidden_activation" : "hidden_act", gate);
        if (!family.BiasedAttention)
            json.Only("attention_bias", "false");
        if (!family.BiasedMlp)
            json.Only("mlp_bias", "false");
        if (family.Window is not (WindowRule.FromLayer or WindowRule.Unturned))
            json.Only("use_sliding_window", "false");
        json.OnlyNull("quantization_config");
    }

    private static ModelShape ReadShape(JsonObjectReader json, DecoderFamily family)
    {
        long heads = json.Get("num_attention_heads", JsonKind.Size);
        var shape = new ModelShape
        {
            Vocabulary = json.Get("vocab_size", JsonKind.Size),
            Width = json.Get("hidden_size", JsonKind.Size),
            Layers = (int)json.Get("num_hidden_layers", JsonKind.Size),
            Heads = (int)heads,
            KeyValueHeads = (int)json.Get("num_key_value_heads", JsonKind.Size, json.IsNull("num_key_value_heads") ? heads : family.Absent.KeyValueHeads ?? heads),
            MlpWidth = json.Get("intermediate_size", JsonKind.Size),
            MaxPositions = json.Get("max_position_embeddings", JsonKind.Size),
        };
        bool whole = shape.Width % heads == 0;
        long headWidth = json.Get("head_dim", JsonKind.Size, family.Absent.HeadWidth ?? shape.Width / heads);
        json.Require(whole || json.Has("head_dim") || family.Absent.HeadWidth is not null,
            $"$.hidden_size must be divisible by $.num_attention_heads where there is no $.head_dim, was {shape.Width} with {heads} heads");
        json.Require(headWidth % 2 == 0, $"$.head_dim{(json.Has("head_dim") ? "" : " = $.hidden_size / $.num_attention_heads")} must be even, was {headWidth}");
        json.Require(!family.FusedProjections || headWidth == shape.Width / heads,
            $"$.head_dim must be $.hidden_size / $.num_attention_heads = {shape.Width / heads}, was {headWidth}");
        json.Require(heads % shape.KeyValueHeads == 0,
            $"$.num_attention_heads must be divisible by $.num_key_value_heads, was {heads} with {shape.KeyValueHeads}");
        return headWidth == shape.Width / heads ? shape : shape with { HeadWidth = headWidth };
    }
}
