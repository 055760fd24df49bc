using System.Text.Json;

namespace Alignment.Models;

/// <summary>config.json and generation_config.json, written in the keys of transformers 4, which transformers 5 reads, too.</summary>
internal sealed partial record DecoderConfig
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    /// <summary>The text of a config.json that transformers and <see cref="Read"/> understand; the window's reading is not a part of it.</summary>
    /// <param name="dtype">The dtype of the stored weights, as "float32" or "bfloat16".</param>
    public string ToJson(string dtype = "float32")
    {
        Dictionary<string, object?> keys = Keys(dtype);
        foreach ((string key, object? value) in OwnKeys().Concat(LayerKeys.ToJson(this)))
            keys[key] = value;
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
        [Family.GeluGate ? "hidden_activation" : "hidden_act"] = Family.GeluGate ? "gelu_pytorch_tanh" : "silu",
        ["mlp_bias"] = MlpBias,
        ["attention_bias"] = AttentionBias,
        ["attention_dropout"] = 0.0,
        ["embd_pdrop"] = 0.0,
        ["resid_pdrop"] = 0.0,
        ["rms_norm_eps"] = NormEpsilon,
        ["rope_theta"] = RotaryTheta,
        ["rope_scaling"] = ScalingKeys(),
        ["sliding_window"] = SlidingWindow,
        ["tie_word_embeddings"] = TiedHead,
        ["initializer_range"] = InitialDeviation,
        ["bos_token_id"] = BeginToken,
        ["eos_token_id"] = EndTokensAsJson,
        ["pad_token_id"] = PadToken,
        ["torch_dtype"] = dtype,
        ["use_cache"] = true,
    };

    // OLMo 2's class in transformers 4 takes a type under its older name
    private Dictionary<string, object>? ScalingKeys()
    {
        Dictionary<string, object>? keys = RotaryScaling?.ToJson(Shape.MaxPositions);
        if (Family == DecoderFamily.Olmo2 && keys?.Remove(Models.RotaryScaling.Type, out object? type) == true)
            keys[Models.RotaryScaling.OlderType] = type;
        return keys;
    }

    // what only some families have
    private IEnumerable<(string Key, object? Value)> OwnKeys()
    {
        if (Family.LongRope)
            yield return (RotaryKeys.FirstPositions, (RotaryScaling as LongRopeScaling)?.OriginalPositions ?? Shape.MaxPositions);
        if (RotaryShare != 1)
            yield return (RotaryKeys.FiveShare, RotaryShare);
        if (Family.Absent.HeadWidth is not null || Shape.HeadWidth * Shape.Heads != Shape.Width)
            yield return ("head_dim", Shape.HeadWidth);
        if (Family.Absent.WindowTheta is not null)
            yield return ("rope_local_base_freq", WindowRotaryTheta ?? RotaryTheta);
        if (Family.Capped)
            foreach ((string Key, object? Value) key in new (string, object?)[]
                { ("query_pre_attn_scalar", QueryScalar ?? Shape.HeadWidth), ("attn_logit_softcapping", ScoreCap), ("final_logit_softcapping", LogitCap) })
                yield return key;
        if (Family.Multiplied)
            foreach ((string Key, object? Value) key in new (string, object?)[]
                { ("embedding_multiplier", EmbeddingScale), ("residual_multiplier", ResidualScale), ("attention_multiplier", ScoreScale), ("logits_scaling", LogitDivisor) })
                yield return key;
    }
}
