using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Alignment.Models.NeoX;

/// <summary>How a reward model turns a row of hidden states into the one its score is read from.</summary>
internal enum RewardPooling
{
    /// <summary>The hidden state of the last real token (OpenAssistant's reward models).</summary>
    Last,

    /// <summary>The mean over the real tokens: less noisy where there is little data.</summary>
    Mean,
}

/// <summary>Whose layout and names the scalar head has.</summary>
internal enum RewardHead
{
    /// <summary>out_proj with a bias: OpenAssistant's GPTNeoXRewardModel.</summary>
    OpenAssistant,

    /// <summary>score without a bias: transformers' GPTNeoXForSequenceClassification with one label.</summary>
    SequenceClassification,
}

/// <summary>Sizes and choices of a GPT-NeoX decoder (Black et al. 2022, arXiv 2204.06745) and the reward head on it, as its config.json says.</summary>
internal sealed record NeoXConfig
{
    private const string ClassifierArchitecture = "GPTNeoXForSequenceClassification", ClassifierType = "gpt_neox";

    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, AllowDuplicateProperties = false };

    /// <summary>Rows of the embedding.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>Width of the residual stream; a multiple of <see cref="Heads"/>.</summary>
    public required int Width { get; init; }

    /// <summary>Decoder layers.</summary>
    public required int Layers { get; init; }

    /// <summary>Attention heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Width inside the MLP, usually 4 × <see cref="Width"/>.</summary>
    public required int MlpWidth { get; init; }

    /// <summary>Longest sequence the model was made for, tokens.</summary>
    public int MaxPositions { get; init; } = 2048;

    /// <summary>Share of each head's dimensions that is rotated, in (0, 1].</summary>
    public double RotaryFraction { get; init; } = 0.25;

    /// <summary>Base of the rotary wavelengths.</summary>
    public double RotaryBase { get; init; } = 10_000;

    /// <summary>Added to the variance in layer norms.</summary>
    public double NormEpsilon { get; init; } = 1e-5;

    /// <summary>Attention and MLP read the same input (GPT-NeoX-20B, Pythia); otherwise one after the other.</summary>
    public bool ParallelResidual { get; init; } = true;

    /// <summary>Standard deviation of fresh weights.</summary>
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>Where the reward head reads.</summary>
    public RewardPooling Pooling { get; init; }

    /// <summary>Layout and names of the reward head.</summary>
    public RewardHead Head { get; init; }

    /// <summary>Dimensions of one head.</summary>
    public int HeadWidth => Width / Heads;

    /// <summary>Dimensions of one head that are rotated; even.</summary>
    public int RotaryWidth => (int)(HeadWidth * RotaryFraction);

    /// <summary>What makes the configuration impossible, one line per fault; empty if nothing does.</summary>
    public IReadOnlyList<string> Faults()
    {
        var faults = new List<string>();
        foreach ((string name, int value) in new[]
            {
                ("vocab_size", Vocabulary), ("hidden_size", Width), ("num_hidden_layers", Layers), ("num_attention_heads", Heads),
                ("intermediate_size", MlpWidth), ("max_position_embeddings", MaxPositions),
            })
            if (value <= 0)
                faults.Add($"{name} must be > 0, was {value}");
        foreach ((string name, double value) in new[] { ("rotary_emb_base", RotaryBase), ("layer_norm_eps", NormEpsilon) })
            if (!(double.IsFinite(value) && value > 0))
                faults.Add(FormattableString.Invariant($"{name} must be a number > 0, was {value}"));
        if (Heads > 0 && Width % Heads != 0)
            faults.Add($"hidden_size must be a multiple of num_attention_heads, was {Width} and {Heads}");
        else if (Heads > 0 && (RotaryWidth <= 0 || RotaryWidth > HeadWidth || RotaryWidth % 2 != 0))
            faults.Add(FormattableString.Invariant(
                $"rotary_pct of the head width must be an even number of dimensions, was {RotaryFraction} of {HeadWidth}"));
        return faults;
    }

    /// <summary>Reads a config.json; keys that do not concern inference are passed over.</summary>
    /// <exception cref="InvalidDataException">Not JSON, or values missing, impossible or unsupported, all at once.</exception>
    public static NeoXConfig Read(string path)
    {
        Fields fields;
        try
        {
            fields = JsonSerializer.Deserialize<Fields>(File.ReadAllBytes(path), s_json) ?? throw new JsonException("null");
        }
        catch (JsonException fault)
        {
            throw new InvalidDataException($"{path}: is not the config.json of a GPT-NeoX model: {fault.Message}", fault);
        }
        NeoXConfig config = fields.ToConfig();
        string[] faults = [.. config.Faults(), .. fields.Unsupported()];
        return faults.Length == 0 ? config : throw new InvalidDataException($"{path}: {string.Join("; ", faults)}");
    }

    /// <summary>The text of a config.json that <see cref="Read"/> and the head's own code (OpenAssistant's or transformers) read.</summary>
    public string ToJson()
    {
        JsonNode node = JsonSerializer.SerializeToNode(Fields.From(this), s_json)!;
        bool classifier = Head == RewardHead.SequenceClassification;
        node["architectures"] = new JsonArray(classifier ? ClassifierArchitecture : "GPTNeoXRewardModel");
        node["model_type"] = classifier ? ClassifierType : "gpt_neox_reward_model";
        if (classifier) // transformers counts the labels to size the head
            (node["id2label"], node["label2id"]) = (new JsonObject { ["0"] = "LABEL_0" }, new JsonObject { ["LABEL_0"] = 0 });
        return node.ToJsonString(s_json);
    }

    private sealed record Fields
    {
        [JsonPropertyName("architectures")] public IReadOnlyList<string>? Architectures { get; init; }
        [JsonPropertyName("model_type")] public string? ModelType { get; init; }
        [JsonPropertyName("vocab_size")] public required int Vocabulary { get; init; }
        [JsonPropertyName("hidden_size")] public required int Width { get; init; }
        [JsonPropertyName("num_hidden_layers")] public required int Layers { get; init; }
        [JsonPropertyName("num_attention_heads")] public required int Heads { get; init; }
        [JsonPropertyName("intermediate_size")] public required int MlpWidth { get; init; }
        [JsonPropertyName("max_position_embeddings")] public required int MaxPositions { get; init; }
        [JsonPropertyName("rotary_pct")] public required double RotaryFraction { get; init; }
        [JsonPropertyName("rotary_emb_base")] public required double RotaryBase { get; init; }
        [JsonPropertyName("layer_norm_eps")] public required double NormEpsilon { get; init; }
        [JsonPropertyName("use_parallel_residual")] public required bool ParallelResidual { get; init; }
        [JsonPropertyName("initializer_range")] public double InitializerRange { get; init; } = 0.02;
        [JsonPropertyName("pooling")] public string Pooling { get; init; } = "last";
        [JsonPropertyName("hidden_act")] public string Activation { get; init; } = "gelu";
        [JsonPropertyName("attention_bias")] public bool AttentionBias { get; init; } = true;
        [JsonPropertyName("rope_scaling")] public JsonElement? RopeScaling { get; init; }

        public static Fields From(NeoXConfig config) => new()
        {
            Vocabulary = config.Vocabulary,
            Width = config.Width,
            Layers = config.Layers,
            Heads = config.Heads,
            MlpWidth = config.MlpWidth,
            MaxPositions = config.MaxPositions,
            RotaryFraction = config.RotaryFraction,
            RotaryBase = config.RotaryBase,
            NormEpsilon = config.NormEpsilon,
            ParallelResidual = config.ParallelResidual,
            InitializerRange = config.InitializerRange,
            Pooling = config.Pooling == RewardPooling.Mean ? "mean" : "last",
        };

        public NeoXConfig ToConfig() => new()
        {
            Vocabulary = Vocabulary,
            Width = Width,
            Layers = Layers,
            Heads = Heads,
            MlpWidth = MlpWidth,
            MaxPositions = MaxPositions,
            RotaryFraction = RotaryFraction,
            RotaryBase = RotaryBase,
            NormEpsilon = NormEpsilon,
            ParallelResidual = ParallelResidual,
            InitializerRange = InitializerRange,
            Pooling = Pooling == "mean" ? RewardPooling.Mean : RewardPooling.Last,
            Head = ModelType == ClassifierType || Architectures?.Contains(ClassifierArchitecture) == true
                ? RewardHead.SequenceClassification : RewardHead.OpenAssistant,
        };

        public IEnumerable<string> Unsupported()
        {
            if (Activation != "gelu")
                yield return $"hidden_act is {Activation}, only gelu (exact) is supported";
            if (Pooling is not ("last" or "mean"))
                yield return $"pooling is {Pooling}, only last and mean are supported";
            if (!AttentionBias)
                yield return "attention_bias is false, only true is supported";
            if (RopeScaling is { ValueKind: not JsonValueKind.Null })
                yield return "rope_scaling is not supported";
            if (Architectures is [var only, ..] && only is not (ClassifierArchitecture or "GPTNeoXRewardModel"))
                yield return $"architectures is {only}, which has no reward head; wanted GPTNeoXRewardModel or {ClassifierArchitecture}";
        }
    }
}
