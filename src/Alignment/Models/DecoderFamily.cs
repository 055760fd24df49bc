namespace Alignment.Models;

/// <summary>
/// What sets the decoders this library runs apart. They share everything else: RMS norms, rotary positions, grouped-query attention, a gated MLP
/// and Hugging Face's parameter names.
/// </summary>
internal sealed record DecoderFamily
{
    private DecoderFamily()
    {
    }

    /// <summary>config.json's model_type.</summary>
    public required string ModelType { get; init; }

    /// <summary>config.json's entry in architectures.</summary>
    public required string Architecture { get; init; }

    /// <summary>The entry where a score stands in place of the head.</summary>
    public string RewardArchitecture => Architecture.Replace("ForCausalLM", "ForSequenceClassification", StringComparison.Ordinal);

    /// <summary>Query, key and value are one projection, and so are gate and up; otherwise each is its own.</summary>
    public bool FusedProjections { get; init; }

    /// <summary>The query, key and value projections have biases.</summary>
    public bool QueryKeyValueBias { get; init; }

    /// <summary>config.json's sliding_window says which keys a token sees; otherwise it is not read.</summary>
    public bool Windowed { get; init; }

    /// <summary>config.json's rope_scaling is read; otherwise it must be null.</summary>
    public bool ScalesRotary { get; init; }

    /// <summary>rms_norm_eps where config.json is silent.</summary>
    public double NormEpsilon { get; init; } = 1e-6;

    /// <summary>Phi-3 (Abdin et al. 2024, arXiv 2404.14219).</summary>
    public static DecoderFamily Phi3 { get; } =
        new() { ModelType = "phi3", Architecture = "Phi3ForCausalLM", FusedProjections = true, Windowed = true, NormEpsilon = 1e-5 };

    /// <summary>Llama 1 to 3.3 (Touvron et al. 2023, arXiv 2307.09288).</summary>
    public static DecoderFamily Llama { get; } = new() { ModelType = "llama", Architecture = "LlamaForCausalLM", ScalesRotary = true };

    /// <summary>Mistral (Jiang et al. 2023, arXiv 2310.06825).</summary>
    public static DecoderFamily Mistral { get; } = new() { ModelType = "mistral", Architecture = "MistralForCausalLM", Windowed = true };

    /// <summary>Qwen2 and Qwen2.5 (Yang et al. 2024, arXiv 2407.10671).</summary>
    public static DecoderFamily Qwen2 { get; } = new() { ModelType = "qwen2", Architecture = "Qwen2ForCausalLM", QueryKeyValueBias = true };

    /// <summary>Every family.</summary>
    public static IReadOnlyList<DecoderFamily> All { get; } = [Phi3, Llama, Mistral, Qwen2];
}
