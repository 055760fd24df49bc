using Alignment.Files;

namespace Alignment.Models;

/// <summary>Keys of a decoder's config.json that change no number we compute, each with its reason. Every other key is read, or refused by its name.</summary>
internal static class ConfigKeys
{
    private static readonly (string Reason, string[] Keys)[] s_harmless =
    [
        ("who made the file, with what, and from what", ["architectures", "transformers_version", "auto_map", "tokenizer_class", "finetuning_task", "unsloth_version", "unsloth_fixed",
            "license", "model_name", "base_model", "transformers.js_config", "is_llama_config"]),
        ("how weights are stored or held in memory: the checkpoint says it itself", ["torch_dtype", "dtype", "use_cache", "cache_implementation", "low_cpu_mem_usage", "torchscript",
            "attn_implementation", "pretraining_tp", "gradient_checkpointing", "fp16", "bf16", "use_bfloat16", "use_flash_attn", "use_flash_attention_2"]),
        ("dropout and losses of the first training; none is applied here", ["attention_dropout", "embd_pdrop", "resid_pdrop", "hidden_dropout", "hidden_dropout_prob",
            "attention_probs_dropout_prob", "classifier_dropout", "summary_first_dropout", "router_aux_loss_coef", "z_loss", "initializer_factor"]),
        ("settings of generation and outputs, which a recipe has its own of", ["bad_words_ids", "begin_suppress_tokens", "chunk_size_feed_forward", "cross_attention_hidden_size",
            "decoder_start_token_id", "diversity_penalty", "do_sample", "early_stopping", "encoder_no_repeat_ngram_size", "exponential_decay_length_penalty", "forced_bos_token_id",
            "forced_eos_token_id", "length_penalty", "max_length", "min_length", "no_repeat_ngram_size", "num_beam_groups", "num_beams", "num_return_sequences",
            "output_attentions", "output_hidden_states", "output_scores", "remove_invalid_values", "repetition_penalty", "return_dict", "return_dict_in_generate",
            "sep_token_id", "suppress_tokens", "temperature", "tf_legacy_loss", "top_k", "top_p", "typical_p", "max_new_tokens", "ignore_keys_at_rope_validation"]),
        ("tells of encoders and other tasks, which a decoder has no part of", ["is_decoder", "tie_encoder_decoder", "prefix", "problem_type",
            "pruned_heads", "task_specific_params", "id2label", "label2id", "num_labels", "type_vocab_size", "unk_token_id"]),
        ("read by no class of transformers 4.57 for these models, or another spelling of what is read", ["hidden_act", "original_max_position_embeddings", "max_window_layers",
            "sliding_window", "sliding_window_pattern", "sliding_window_size",
            "no_rope_layer_interval", "max_sequence_length", "model_max_length", "seq_length", "bos_token", "eos_token", "pad_token"]),
    ];

    // what changes nothing at one value, as JSON, and is not computed at any other
    private static readonly Dictionary<string, string> s_harmlessAt = new[]
    {
        ("false", new[]
        {
            "use_mrope", "use_qk_norm", "qk_layernorm", "alibi", "parallel_attn", "use_parallel_residual", "lm_head_bias", "use_logn_attn", "use_dynamic_ntk", "is_encoder_decoder",
            "add_cross_attention", "use_bidirectional_attention", "rope_interleaved",
        }),
        ("1", ["full_attn_mod", "interpolate_factor"]), // Phi-4-mini
    }.SelectMany(group => group.Item2, (group, key) => (Key: key, Value: group.Item1)).ToDictionary(item => item.Key, item => item.Value);

    private static readonly HashSet<string> s_known = [.. s_harmless.SelectMany(group => group.Keys)];

    /// <summary>A fault for every key that was not read and is not known to be harmless; null says nothing, nor does what begins with an underscore.</summary>
    public static void RefuseUnknown(JsonObjectReader json, string type)
    {
        foreach (string name in json.Unasked)
            if (s_harmlessAt.TryGetValue(name, out string? value))
                json.Only(name, value);
            else if (!s_known.Contains(name) && !name.StartsWith('_'))
                json.Require(false, $"$.{name} is no key that is known of {type}: it may change what the model computes; take it out of config.json if it does not");
    }
}
