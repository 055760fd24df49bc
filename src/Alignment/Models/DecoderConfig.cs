namespace Alignment.Models;

/// <summary>Everything that fixes a decoder's numbers and its config.json.</summary>
internal sealed partial record DecoderConfig
{
    /// <summary>Which decoder it is.</summary>
    public DecoderFamily Family { get; init; } = DecoderFamily.Phi3;

    /// <summary>Sizes.</summary>
    public required ModelShape Shape { get; init; }

    /// <summary>Added to the mean square in the norms; &gt; 0.</summary>
    public double NormEpsilon { get; init; } = 1e-5;

    /// <summary>The projections of attention have biases.</summary>
    public bool AttentionBias { get; init; }

    /// <summary>The projections of the MLP have biases.</summary>
    public bool MlpBias { get; init; }

    /// <summary>Base of the rotary frequencies; &gt; 0.</summary>
    public double RotaryTheta { get; init; } = 10_000;

    /// <summary>Share of each head that is turned, its first dimensions; 0 … 1.</summary>
    public double RotaryShare { get; init; } = 1;

    /// <summary>How the rotary frequencies are scaled, or null where they are not.</summary>
    public IRotaryScaling? RotaryScaling { get; init; }

    /// <summary>Base of the frequencies of layers with a window, which are not scaled; null where those are turned as the others.</summary>
    public double? WindowRotaryTheta { get; init; }

    /// <summary>Which layers are turned; null for all.</summary>
    public ValueList<bool>? TurnedLayers { get; init; }

    /// <summary>config.json's sliding_window, or null where every token sees all before it.</summary>
    public long? SlidingWindow { get; init; }

    /// <summary>Which layers have the window; null for all.</summary>
    public ValueList<bool>? WindowedLayers { get; init; }

    /// <summary>
    /// How the window is counted. transformers 4.53 lets a token see sliding_window keys, itself included (the default here, since it is what
    /// new training and inference code does); transformers 4.40 and FlashAttention's window_size = (w, w) let it see one more.
    /// </summary>
    public WindowReading WindowReading { get; init; } = WindowReading.ItselfIncluded;

    /// <summary>What query · key is multiplied by; null where that is for <see cref="QueryScalar"/> to say.</summary>
    public double? ScoreMultiplier { get; init; }

    /// <summary>query · key is divided by the root of this; null for the width of a head.</summary>
    public double? QueryScalar { get; init; }

    /// <summary>Scores become cap · tanh(score / cap); null where they stay.</summary>
    public double? ScoreCap { get; init; }

    /// <summary>Logits become cap · tanh(logit / cap); null where they stay.</summary>
    public double? LogitCap { get; init; }

    /// <summary>What embeddings are multiplied by.</summary>
    public double EmbeddingScale { get; init; } = 1;

    /// <summary>What attention and MLP are multiplied by before they join the residual stream.</summary>
    public double ResidualScale { get; init; } = 1;

    /// <summary>What logits are divided by.</summary>
    public double LogitDivisor { get; init; } = 1;

    /// <summary>The head is the embedding; lm_head.weight is then absent.</summary>
    public bool TiedHead { get; init; }

    /// <summary>score.weight [1, width] stands in place of the head: a reward model, transformers' …ForSequenceClassification with one label.</summary>
    public bool Scores { get; init; }

    /// <summary>Standard deviation of random initial matrices; &gt; 0.</summary>
    public double InitialDeviation { get; init; } = 0.02;

    /// <summary>Id of the token that opens a text, or null.</summary>
    public long? BeginToken { get; init; }

    /// <summary>Ids that end a response, those of generation_config.json first; empty where neither file names one.</summary>
    public IReadOnlyList<long> EndTokens { get; init; } = [];

    /// <summary>Id that fills a batch, or null.</summary>
    public long? PadToken { get; init; }

    /// <summary>Keys a token sees in a layer with a window, itself included; null for all.</summary>
    public long? KeysInWindow => WindowReading == WindowReading.ItselfIncluded ? SlidingWindow : SlidingWindow + 1;

    /// <summary>What query · key is multiplied by.</summary>
    public double ScoreScale => ScoreMultiplier ?? 1 / Math.Sqrt(QueryScalar ?? Shape.HeadWidth);

    /// <summary>Whether a layer has the window.</summary>
    public bool Windowed(int layer) => SlidingWindow is not null && (WindowedLayers?[layer] ?? true);

    /// <summary>Whether a layer's queries and keys are turned.</summary>
    public bool Turned(int layer) => TurnedLayers?[layer] ?? true;

    /// <summary>How layers with or without a window are turned.</summary>
    public RotarySettings Rotary(bool windowed) => new((long)(Shape.HeadWidth * RotaryShare), windowed ? WindowRotaryTheta ?? RotaryTheta : RotaryTheta,
        windowed && WindowRotaryTheta is not null ? null : RotaryScaling);
}

/// <summary>How many keys a sliding window of w lets a token see.</summary>
internal enum WindowReading
{
    /// <summary>w: the token itself and w − 1 before it.</summary>
    ItselfIncluded,

    /// <summary>w + 1: the token itself and w before it.</summary>
    ItselfExtra,
}
