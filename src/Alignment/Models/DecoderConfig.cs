namespace Alignment.Models;

/// <summary>Everything that fixes a decoder's numbers and its config.json.</summary>
public sealed partial record DecoderConfig
{
    /// <summary>Which decoder it is.</summary>
    public DecoderFamily Family { get; init; } = DecoderFamily.Phi3;

    /// <summary>Sizes.</summary>
    public required ModelShape Shape { get; init; }

    /// <summary>Added to the mean square in the norms; &gt; 0.</summary>
    public double NormEpsilon { get; init; } = 1e-5;

    /// <summary>Base of the rotary frequencies; &gt; 0.</summary>
    public double RotaryTheta { get; init; } = 10_000;

    /// <summary>How the rotary frequencies are scaled (Llama 3.1 and later), or null where they are not.</summary>
    public RotaryScaling? RotaryScaling { get; init; }

    /// <summary>config.json's sliding_window, or null where every token sees all before it.</summary>
    public long? SlidingWindow { get; init; }

    /// <summary>
    /// How the window is counted. transformers 4.53 lets a token see sliding_window keys, itself included (the default here, since it is what
    /// new training and inference code does); transformers 4.40 and FlashAttention's window_size = (w, w) let it see one more.
    /// </summary>
    public WindowReading WindowReading { get; init; } = WindowReading.ItselfIncluded;

    /// <summary>The head is the embedding; lm_head.weight is then absent.</summary>
    public bool TiedHead { get; init; }

    /// <summary>Standard deviation of random initial matrices; &gt; 0.</summary>
    public double InitialDeviation { get; init; } = 0.02;

    /// <summary>Id of the token that opens a text, or null.</summary>
    public long? BeginToken { get; init; }

    /// <summary>Ids that end a response; empty where config.json names none.</summary>
    public IReadOnlyList<long> EndTokens { get; init; } = [];

    /// <summary>Id that fills a batch, or null.</summary>
    public long? PadToken { get; init; }

    /// <summary>Keys a token sees, itself included; null for all.</summary>
    public long? KeysInWindow => WindowReading == WindowReading.ItselfIncluded ? SlidingWindow : SlidingWindow + 1;
}

/// <summary>How many keys a sliding window of w lets a token see.</summary>
public enum WindowReading
{
    /// <summary>w: the token itself and w − 1 before it.</summary>
    ItselfIncluded,

    /// <summary>w + 1: the token itself and w before it.</summary>
    ItselfExtra,
}

/// <summary>
/// What sets the decoders this library runs apart. They share everything else: RMS norms, rotary positions, grouped-query attention, a gated MLP
/// and Hugging Face's parameter names.
/// </summary>
public sealed record DecoderFamily
{
    private DecoderFamily()
    {
    }

    /// <summary>config.json's model_type.</summary>
    public required string ModelType { get; init; }

    /// <summary>config.json's entry in architectures.</summary>
    public required string Architecture { get; init; }

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
