using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Alignment.Models.NeoX;

/// <summary>config.json of a GPT-NeoX reward model, with Hugging Face's names.</summary>
public static class NeoXConfigJson
{
    private const string ClassifierArchitecture = "GPTNeoXForSequenceClassification", ClassifierType = "gpt_neox";

    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, AllowDuplicateProperties = false };

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
    public static string Write(NeoXConfig config)
    {
        JsonNode node = JsonSerializer.SerializeToNode(Fields.From(config), s_json)!;
        bool classifier = config.Head == RewardHead.SequenceClassification;
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
