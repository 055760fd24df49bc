namespace Alignment.Models;

/// <summary>
/// What sets the decoders this library runs apart, beyond what their config.json says. They share everything else: RMS norms, rotary positions,
/// grouped-query attention, a gated MLP and Hugging Face's parameter names. README.md has the table.
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

    /// <summary>The query, key and value projections have biases, whatever config.json says.</summary>
    public bool QueryKeyValueBias { get; init; }

    /// <summary>config.json's attention_bias gives biases to all four projections of attention; otherwise it must be false.</summary>
    public bool BiasedAttention { get; init; }

    /// <summary>config.json's mlp_bias gives biases to the projections of the MLP; otherwise it must be false.</summary>
    public bool BiasedMlp { get; init; }

    /// <summary>Where norms stand in a layer.</summary>
    public NormPlacement Norms { get; init; } = NormPlacement.Before;

    /// <summary>Norms multiply by 1 + weight.</summary>
    public bool CentredNorms { get; init; }

    /// <summary>What is normed of queries and keys before they are turned.</summary>
    public QueryKeyNorm QueryKeyNorm { get; init; }

    /// <summary>The gate passes through GELU, in its tanh form, instead of SiLU.</summary>
    public bool GeluGate { get; init; }

    /// <summary>Embeddings are multiplied by √width.</summary>
    public bool ScaledEmbedding { get; init; }

    /// <summary>Scores are scaled by config.json's query_pre_attn_scalar, and it may cap scores and logits.</summary>
    public bool Capped { get; init; }

    /// <summary>config.json has multipliers of embedding, branches, scores and logits.</summary>
    public bool Multiplied { get; init; }

    /// <summary>Which layers see config.json's sliding_window.</summary>
    public WindowRule Window { get; init; }

    /// <summary>Layers with a window have rotary positions of their own, which are not scaled.</summary>
    public bool PlainWindows { get; init; }

    /// <summary>A part of each head may be left unturned, and the scaling is longrope's; other families turn whole heads and know the other scalings.</summary>
    public bool LongRope { get; init; }

    /// <summary>config.json says which layers are turned at all.</summary>
    public bool UnturnedLayers { get; init; }

    /// <summary>What config.json means where it is silent.</summary>
    public FamilyDefaults Absent { get; init; } = new();

    /// <summary>Phi-3 to Phi-4-mini (Abdin et al. 2024, arXiv 2404.14219).</summary>
    public static DecoderFamily Phi3 { get; } = new()
    {
        ModelType = "phi3",
        Architecture = "Phi3ForCausalLM",
        FusedProjections = true,
        Window = WindowRule.All,
        LongRope = true,
        Absent = new() { NormEpsilon = 1e-5, PadToken = 32_000, Window = null },
    };

    /// <summary>Llama 1 to 3.3 (Touvron et al. 2023, arXiv 2307.09288), and SmolLM2.</summary>
    public static DecoderFamily Llama { get; } = new() { ModelType = "llama", Architecture = "LlamaForCausalLM", BiasedAttention = true, BiasedMlp = true };

    /// <summary>Mistral (Jiang et al. 2023, arXiv 2310.06825) and Mistral Nemo.</summary>
    public static DecoderFamily Mistral { get; } = new()
    {
        ModelType = "mistral",
        Architecture = "MistralForCausalLM",
        Window = WindowRule.All,
        Absent = new() { KeyValueHeads = 8 },
    };

    /// <summary>Qwen2 and Qwen2.5 (Yang et al. 2024, arXiv 2407.10671).</summary>
    public static DecoderFamily Qwen2 { get; } = new()
    {
        ModelType = "qwen2",
        Architecture = "Qwen2ForCausalLM",
        QueryKeyValueBias = true,
        Window = WindowRule.FromLayer,
        Absent = new() { KeyValueHeads = 32 },
    };

    /// <summary>Qwen3 (Yang et al. 2025, arXiv 2505.09388).</summary>
    public static DecoderFamily Qwen3 { get; } = new()
    {
        ModelType = "qwen3",
        Architecture = "Qwen3ForCausalLM",
        BiasedAttention = true,
        QueryKeyNorm = QueryKeyNorm.EachHead,
        Window = WindowRule.FromLayer,
        Absent = new() { HeadWidth = 128, KeyValueHeads = 32 },
    };

    /// <summary>SmolLM3 (Hugging Face 2025): every fourth layer has no positions (Yang et al. 2025, arXiv 2501.18795).</summary>
    public static DecoderFamily SmolLM3 { get; } = new()
    {
        ModelType = "smollm3",
        Architecture = "SmolLM3ForCausalLM",
        BiasedAttention = true,
        BiasedMlp = true,
        UnturnedLayers = true,
        Window = WindowRule.Unturned,
        Absent = new() { KeyValueHeads = 4, Theta = 2_000_000, TiedHead = true, PadToken = 128_004, Window = null },
    };

    /// <summary>Granite 3 (IBM 2024): multipliers after Yang et al. 2022, arXiv 2203.03466.</summary>
    public static DecoderFamily Granite { get; } = new()
    {
        ModelType = "granite",
        Architecture = "GraniteForCausalLM",
        BiasedAttention = true,
        BiasedMlp = true,
        Multiplied = true,
    };

    /// <summary>OLMo 2 (OLMo et al. 2024, arXiv 2501.00656).</summary>
    public static DecoderFamily Olmo2 { get; } = new()
    {
        ModelType = "olmo2",
        Architecture = "Olmo2ForCausalLM",
        BiasedAttention = true,
        Norms = NormPlacement.After,
        QueryKeyNorm = QueryKeyNorm.AllHeads,
        Absent = new() { NormEpsilon = 1e-5, PadToken = 1 },
    };

    /// <summary>OLMo 3 (Olmo et al. 2025): three layers in four see a window.</summary>
    public static DecoderFamily Olmo3 { get; } = Olmo2 with
    {
        ModelType = "olmo3",
        Architecture = "Olmo3ForCausalLM",
        Window = WindowRule.Pattern,
        PlainWindows = true,
        Absent = Olmo2.Absent with { Pattern = 4 },
    };

    /// <summary>Gemma 2 (Gemma Team 2024, arXiv 2408.00118).</summary>
    public static DecoderFamily Gemma2 { get; } = new()
    {
        ModelType = "gemma2",
        Architecture = "Gemma2ForCausalLM",
        BiasedAttention = true,
        Norms = NormPlacement.Around,
        CentredNorms = true,
        GeluGate = true,
        ScaledEmbedding = true,
        Capped = true,
        Window = WindowRule.Pattern,
        Absent = new() { HeadWidth = 256, KeyValueHeads = 4, TiedHead = true, PadToken = 0, Pattern = 2, ScoreCap = 50, LogitCap = 30 },
    };

    /// <summary>Gemma 3 (Gemma Team 2025, arXiv 2503.19786), the language model.</summary>
    public static DecoderFamily Gemma3 { get; } = Gemma2 with
    {
        ModelType = "gemma3_text",
        Architecture = "Gemma3ForCausalLM",
        QueryKeyNorm = QueryKeyNorm.EachHead,
        PlainWindows = true,
        Absent = Gemma2.Absent with { Theta = 1_000_000, WindowTheta = 10_000, Pattern = 6, ScoreCap = null, LogitCap = null },
    };

    /// <summary>Every family.</summary>
    public static IReadOnlyList<DecoderFamily> All { get; } = [Phi3, Llama, Mistral, Qwen2, Qwen3, SmolLM3, Granite, Olmo2, Olmo3, Gemma2, Gemma3];
}

/// <summary>Where norms stand in a layer.</summary>
internal enum NormPlacement
{
    /// <summary>Before attention and before the MLP.</summary>
    Before,

    /// <summary>After each, before its result joins the residual stream.</summary>
    After,

    /// <summary>Before and after each.</summary>
    Around,
}

/// <summary>What is normed of queries and keys.</summary>
internal enum QueryKeyNorm
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Each head by itself.</summary>
    EachHead,

    /// <summary>All heads together.</summary>
    AllHeads,
}

/// <summary>Which layers see the window of config.json; layer_types goes before it where several kinds are possible.</summary>
internal enum WindowRule
{
    /// <summary>None: it is not read.</summary>
    None,

    /// <summary>All.</summary>
    All,

    /// <summary>Those from max_window_layers on, where use_sliding_window is true.</summary>
    FromLayer,

    /// <summary>Those without positions, where use_sliding_window is true.</summary>
    Unturned,

    /// <summary>All but every n-th.</summary>
    Pattern,
}

/// <summary>What a family's config.json means where it is silent: the defaults of transformers 4.57.</summary>
internal sealed record FamilyDefaults
{
    public double NormEpsilon { get; init; } = 1e-6;

    /// <summary>Null: width / heads.</summary>
    public long? HeadWidth { get; init; }

    /// <summary>Null: as many as query heads.</summary>
    public int? KeyValueHeads { get; init; }

    public double Theta { get; init; } = 10_000;

    /// <summary>Base of windowed layers where that is a number of its own; null: theirs is the one of all.</summary>
    public double? WindowTheta { get; init; }

    public bool TiedHead { get; init; }

    /// <summary>Not taken where the vocabulary is smaller.</summary>
    public long? PadToken { get; init; }

    public long? Window { get; init; } = 4096;

    /// <summary>Every so many layers one has no window.</summary>
    public int Pattern { get; init; }

    public double? ScoreCap { get; init; }

    public double? LogitCap { get; init; }
}
