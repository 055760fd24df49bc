using Alignment.Kernels.Attention;
using Alignment.Kernels.LogProbs;
using static TorchSharp.torch;
using Module = TorchSharp.torch.nn.Module;

namespace Alignment.Models;

/// <summary>A decoder that gives hidden states; logits are formed only where they are needed, chunk by chunk.</summary>
internal interface ILanguageModel : IDisposable
{
    /// <summary>The sizes that decide memory and checkpoint compatibility.</summary>
    ModelShape Shape { get; }

    /// <summary>[vocabulary, width]: the weight that turns a hidden state into logits.</summary>
    Tensor Head { get; }

    /// <summary>Logits become cap · tanh(logit / cap); null where they stay.</summary>
    double? LogitCap => null;

    /// <summary>Sequences of more tokens are turned by other rotary factors, from their first token on; null where all are turned alike.</summary>
    long? ShortPositions => null;

    /// <summary>What computes the attention of packed batches on the device of the weights; null on the CPU, and where packed batches are slow.</summary>
    IVariableLengthOperator? PackedAttention => null;

    /// <summary>What log-probabilities are computed with.</summary>
    LogitHead LogitHead => new(Head, LogitCap);

    /// <summary>[…, width] hidden states → […, vocabulary] logits, of narrow ones in float32 and without a gradient; for short inputs.</summary>
    Tensor Logits(Tensor hidden) =>
        LogitHead.Capped(NarrowProduct.Serves(hidden) ? NarrowProduct.Of(hidden, Head) : Kernels.Layers.Linear.Of(hidden, Head), LogitCap);

    /// <summary>The trainable module; its parameter names are those of Hugging Face checkpoints.</summary>
    Module Module { get; }

    /// <summary>The parameters that training changes, by name: all of <see cref="Module"/>, or the adapters alone where the model has some.</summary>
    IReadOnlyDictionary<string, Tensor> Trained => Module.named_parameters().ToDictionary(item => item.name, item => (Tensor)item.parameter);

    /// <summary>Hidden states after the final norm, [rows, length, width].</summary>
    /// <param name="tokens">[rows, length] int64.</param>
    /// <param name="attentionMask">[rows, cached + length] int64, 1 = real token, 0 = padding; right or left padding, or gaps left by the cache.</param>
    /// <param name="cache">Keys and values of earlier tokens, extended by this call; null while training.</param>
    Tensor HiddenStates(Tensor tokens, Tensor attentionMask, IKeyValueCache? cache = null);

    /// <summary>Hidden states after the final norm of a packed batch, [tokens, width]: those of each sequence by itself, up to rounding.</summary>
    Tensor HiddenStates(PackedSequences sequences);

    /// <summary>The way of <see cref="HiddenStates(Tensor, Tensor, IKeyValueCache)"/> without a cache, to be gone part by part.</summary>
    DecoderPath PathOf(Tensor tokens, Tensor attentionMask);

    /// <summary>The way of <see cref="HiddenStates(PackedSequences)"/>, to be gone part by part.</summary>
    DecoderPath PathOf(PackedSequences sequences);

    /// <summary>An empty cache for <paramref name="rows"/> sequences of at most <paramref name="capacity"/> tokens.</summary>
    IKeyValueCache NewCache(long rows, long capacity);
}

/// <summary>Keys and values of the tokens seen so far, preallocated.</summary>
internal interface IKeyValueCache : IDisposable
{
    /// <summary>Tokens held for each row.</summary>
    long Length { get; }

    /// <summary>Keeps only the given rows, in the given order.</summary>
    /// <param name="rows">[kept] int64 row indices.</param>
    void KeepRows(Tensor rows);

    /// <summary>A view of some rows, to be filled by itself; the caller disposes it, and says by <see cref="Advance"/> how much all rows have got.</summary>
    IKeyValueCache Rows(long first, long count);

    /// <summary>Counts tokens that every layer has appended for every row.</summary>
    void Advance(long tokens);
}

/// <summary>Sizes of a decoder.</summary>
internal sealed record ModelShape
{
    private readonly long? _headWidth;

    /// <summary>Rows of the embedding and the head.</summary>
    public required long Vocabulary { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required long Width { get; init; }

    /// <summary>Decoder layers.</summary>
    public required int Layers { get; init; }

    /// <summary>Query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Key and value heads (grouped-query attention).</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Width of a head; width / heads where nothing else is said.</summary>
    public long HeadWidth
    {
        get => _headWidth ?? Width / Heads;
        init => _headWidth = value;
    }

    /// <summary>Width inside the gated MLP.</summary>
    public required long MlpWidth { get; init; }

    /// <summary>Longest sequence the positions reach.</summary>
    public required long MaxPositions { get; init; }
}
