using System.Text.Json;
using Alignment.Files;

namespace Alignment.Models;

/// <summary>Models of another build than ours, which get one clear refusal instead of a list of all they have that we do not know.</summary>
internal static class OtherArchitectures
{
    // kind → model types, and keys that tell it of a model type we know
    private static readonly (string Kind, string[] Types, string[] Keys)[] s_kinds =
    [
        ("a mixture of experts",
            [
                "mixtral", "qwen2_moe", "qwen3_moe", "olmoe", "granitemoe", "granitemoeshared", "phimoe", "deepseek_v2", "deepseek_v3", "gpt_oss", "dbrx", "llama4", "llama4_text",
                "minimax", "ernie4_5_moe", "glm4_moe", "hunyuan_v1_moe", "flex_olmo", "dots1", "jetmoe", "bailing_moe", "kimi_k2",
            ],
            ["num_experts", "num_local_experts", "n_routed_experts", "moe_intermediate_size", "num_experts_per_tok"]),
        ("a model with linear attention or a state space",
            [
                "mamba", "mamba2", "falcon_mamba", "falcon_h1", "jamba", "bamba", "zamba", "zamba2", "rwkv", "recurrent_gemma", "qwen3_next", "granitemoehybrid", "lfm2", "nemotron_h",
                "olmo_hybrid", "minimax_m2", "kimi_linear",
            ],
            ["ssm_cfg", "state_size", "linear_num_key_heads", "mamba_d_state", "linear_attn_config"]),
        ("a model that sees or hears",
            [
                "gemma3", "gemma3n", "mllama", "llava", "llava_next", "qwen2_vl", "qwen2_5_vl", "qwen3_vl", "qwen2_audio", "qwen2_5_omni", "paligemma", "idefics2", "idefics3", "smolvlm",
                "mistral3", "pixtral", "phi3_v", "phi4_multimodal", "phi4mm", "internvl", "internvl_chat", "aria", "kimi_vl", "minicpmv",
            ],
            ["vision_config", "audio_config", "text_config", "image_token_id", "mm_vision_tower"]),
    ];

    private static readonly string[] s_linear = ["linear_attention", "recurrent", "mamba", "conv"];

    /// <exception cref="InvalidDataException">The model is of such a kind.</exception>
    public static void Refuse(JsonObjectReader json, string path)
    {
        string type = json.Get("model_type", new JsonKind<string>("", "", static (JsonElement value, out string read) =>
            (read = value.ValueKind == JsonValueKind.String ? value.GetString()! : "") is not null), "");
        string[] layers = [.. json.Members.Where(member => member.NameEquals("layer_types") && member.Value.ValueKind == JsonValueKind.Array)
            .SelectMany(member => member.Value.EnumerateArray()).Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!)];
        string[] given = [.. json.Unasked];
        foreach ((string kind, string[] types, string[] keys) in s_kinds)
        {
            string? told = types.Contains(type) ? $"$.model_type is {type}"
                : keys.FirstOrDefault(given.Contains) is { } key ? $"$.{key} is given"
                : kind == s_kinds[1].Kind && layers.FirstOrDefault(s_linear.Contains) is { } layer ? $"$.layer_types has {layer}" : null;
            if (told != null)
                throw new InvalidDataException($"{path} is of {kind} ({told}), which this code does not run; it runs {string.Join(", ", DecoderFamily.All.Select(family => family.ModelType))}");
        }
    }
}
