namespace Alignment.Models.NeoX;

/// <summary>How a reward model turns a row of hidden states into the one its score is read from.</summary>
internal enum RewardPooling
{
    /// <summary>The hidden state of the last real token (OpenAssistant's reward models).</summary>
    Last,

    /// <summary>The mean over the real tokens: less noisy where there is little data.</summary>
    Mean,
}

/// <summary>Whose layout and names the scalar head has.</summary>
internal enum RewardHead
{
    /// <summary>out_proj with a bias: OpenAssistant's GPTNeoXRewardModel.</summary>
    OpenAssistant,

    /// <summary>score without a bias: transformers' GPTNeoXForSequenceClassification with one label.</summary>
    SequenceClassification,
}

/// <summary>Sizes and choices of a GPT-NeoX decoder (Black et al. 2022, arXiv 2204.06745) and the reward head on it, as its config.json says.</summary>
internal sealed partial record NeoXConfig
{
    /// <summary>Rows of the embedding.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>Width of the residual stream; a multiple of <see cref="Heads"/>.</summary>
    public required int Width { get; init; }

    /// <summary>Decoder layers.</summary>
    public required int Layers { get; init; }

    /// <summary>Attention heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Width inside the MLP, usually 4 × <see cref="Width"/>.</summary>
    public required int MlpWidth { get; init; }

    /// <summary>Longest sequence the model was made for, tokens.</summary>
    public int MaxPositions { get; init; } = 2048;

    /// <summary>Share of each head's dimensions that is rotated, in (0, 1].</summary>
    public double RotaryFraction { get; init; } = 0.25;

    /// <summary>Base of the rotary wavelengths.</summary>
    public double RotaryBase { get; init; } = 10_000;

    /// <summary>Added to the variance in layer norms.</summary>
    public double NormEpsilon { get; init; } = 1e-5;

    /// <summary>Attention and MLP read the same input (GPT-NeoX-20B, Pythia); otherwise one after the other.</summary>
    public bool ParallelResidual { get; init; } = true;

    /// <summary>Standard deviation of fresh weights.</summary>
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>Where the reward head reads.</summary>
    public RewardPooling Pooling { get; init; }

    /// <summary>Layout and names of the reward head.</summary>
    public RewardHead Head { get; init; }

    /// <summary>Dimensions of one head.</summary>
    public int HeadWidth => Width / Heads;

    /// <summary>Dimensions of one head that are rotated; even.</summary>
    public int RotaryWidth => (int)(HeadWidth * RotaryFraction);

    /// <summary>What makes the configuration impossible, one line per fault; empty if nothing does.</summary>
    public IReadOnlyList<string> Faults()
    {
        var faults = new List<string>();
        foreach ((string name, int value) in new[]
            {
                ("vocab_size", Vocabulary), ("hidden_size", Width), ("num_hidden_layers", Layers), ("num_attention_heads", Heads),
                ("intermediate_size", MlpWidth), ("max_position_embeddings", MaxPositions),
            })
            if (value <= 0)
                faults.Add($"{name} must be > 0, was {value}");
        foreach ((string name, double value) in new[] { ("rotary_emb_base", RotaryBase), ("layer_norm_eps", NormEpsilon) })
            if (!(double.IsFinite(value) && value > 0))
                faults.Add(FormattableString.Invariant($"{name} must be a number > 0, was {value}"));
        if (Heads > 0 && Width % Heads != 0)
            faults.Add($"hidden_size must be a multiple of num_attention_heads, was {Width} and {Heads}");
        else if (Heads > 0 && (RotaryWidth <= 0 || RotaryWidth > HeadWidth || RotaryWidth % 2 != 0))
            faults.Add(FormattableString.Invariant(
                $"rotary_pct of the head width must be an even number of dimensions, was {RotaryFraction} of {HeadWidth}"));
        return faults;
    }
}
