using System.Text.Json;
using Alignment.Files;

namespace Alignment.Models.NeoX;

/// <summary>config.json, read and written.</summary>
internal sealed partial record NeoXConfig
{
    private const string ClassifierArchitecture = "GPTNeoXForSequenceClassification", ClassifierType = "gpt_neox";
    private const string AssistantArchitecture = "GPTNeoXRewardModel", AssistantType = "gpt_neox_reward_model";

    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };
    private static readonly RotaryNames s_rotary = new("rotary_emb_base", 10_000, "rotary_pct", 0.25);

    /// <summary>The entries in architectures of what is read here.</summary>
    public static IReadOnlyList<string> Architectures { get; } = [AssistantArchitecture, ClassifierArchitecture];

    /// <summary>Reads a config.json of transformers 4 or 5; keys that do not concern inference are passed over.</summary>
    /// <exception cref="InvalidDataException">Not JSON, or values missing, impossible or unsupported, all at once.</exception>
    public static NeoXConfig Read(string path)
    {
        var faults = new ConfigFaults(path);
        JsonObjectReader json = faults.Read();
        json.Only("hidden_act", "\"gelu\"");
        json.Only("attention_bias", "true");
        json.OnlyNull("quantization_config");
        RotaryKeys rotary = RotaryKeys.Read(json, s_rotary, new(Scaled: false, LongRope: false, 0, 0));
        var config = new NeoXConfig
        {
            Vocabulary = (int)json.Get("vocab_size", JsonKind.Size),
            Width = (int)json.Get("hidden_size", JsonKind.Size),
            Layers = (int)json.Get("num_hidden_layers", JsonKind.Size),
            Heads = (int)json.Get("num_attention_heads", JsonKind.Size),
            MlpWidth = (int)json.Get("intermediate_size", JsonKind.Size),
            MaxPositions = (int)json.Get("max_position_embeddings", JsonKind.Size),
            RotaryFraction = rotary.Share,
            RotaryBase = rotary.Theta,
            NormEpsilon = json.Get("layer_norm_eps", JsonKind.Positive, 1e-5),
            ParallelResidual = json.Get("use_parallel_residual", JsonKind.Truth, true),
            InitializerRange = json.Get("initializer_range", JsonKind.Positive, 0.02),
            Pooling = json.Get("pooling", JsonKind.OneOf("last or mean", ["last", "mean"]), "last") == "mean" ? RewardPooling.Mean : RewardPooling.Last,
            Head = IsClassifier(json) ? RewardHead.SequenceClassification : RewardHead.OpenAssistant,
        };
        if (!faults.Any)
            foreach (string fault in config.Faults())
                json.Require(false, $"$.{fault}");
        faults.Throw("GPT-NeoX reward model");
        return config;
    }

    // transformers' own GPTNeoXForCausalLM has no head that scores
    private static bool IsClassifier(JsonObjectReader json)
    {
        string architecture = RewardArchitecture.Of(json);
        json.Require(architecture is "" or ClassifierArchitecture or AssistantArchitecture,
            $"$.architectures is {architecture}, which has no reward head; wanted {AssistantArchitecture} or {ClassifierArchitecture}");
        return architecture == ClassifierArchitecture || json.Get("model_type", JsonKind.Text, "") == ClassifierType;
    }

    /// <summary>The text of a config.json that <see cref="Read"/> and the head's own code (OpenAssistant's or transformers) read.</summary>
    public string ToJson()
    {
        bool classifier = Head == RewardHead.SequenceClassification;
        Dictionary<string, object> keys = new()
        {
            ["architectures"] = new[] { classifier ? ClassifierArchitecture : AssistantArchitecture },
            ["model_type"] = classifier ? ClassifierType : AssistantType,
            ["vocab_size"] = Vocabulary,
            ["hidden_size"] = Width,
            ["num_hidden_layers"] = Layers,
            ["num_attention_heads"] = Heads,
            ["intermediate_size"] = MlpWidth,
            ["max_position_embeddings"] = MaxPositions,
            ["rotary_pct"] = RotaryFraction,
            ["rotary_emb_base"] = RotaryBase,
            ["layer_norm_eps"] = NormEpsilon,
            ["use_parallel_residual"] = ParallelResidual,
            ["initializer_range"] = InitializerRange,
            ["pooling"] = Pooling == RewardPooling.Mean ? "mean" : "last",
            ["hidden_act"] = "gelu",
            ["attention_bias"] = true,
        };
        if (classifier) // transformers counts the labels to size the head
            (keys["id2label"], keys["label2id"]) = (new Dictionary<string, string> { ["0"] = "LABEL_0" }, new Dictionary<string, int> { ["LABEL_0"] = 0 });
        return JsonSerializer.Serialize(keys, s_indented);
    }
}
