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

    /// <summary>Keys a token sees, itself included; null for all.</summary>
    public long? KeysInWindow => WindowReading == WindowReading.ItselfIncluded ? SlidingWindow : SlidingWindow + 1;
}

/// <summary>How many keys a sliding window of w lets a token see.</summary>
internal enum WindowReading
{
    /// <summary>w: the token itself and w − 1 before it.</summary>
    ItselfIncluded,

    /// <summary>w + 1: the token itself and w before it.</summary>
    ItselfExtra,
}
