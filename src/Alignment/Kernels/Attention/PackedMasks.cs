using static TorchSharp.torch;

namespace Alignment.Kernels.Attention;

/// <summary>The spans of a packed batch and what their tokens see; shared by all layers.</summary>
/// <param name="Spans">In order, without gaps.</param>
/// <param name="Window">Keys a token sees, itself included; null for all.</param>
/// <param name="Masks">
/// Of each span: causal, or a bias [1, 1, length, keys] where that is not enough. None where <see cref="ShortAttention"/> or <see cref="Layout"/> serves.
/// </param>
internal sealed record PackedMasks(IReadOnlyList<PackedSpan> Spans, long? Window, IReadOnlyList<AttentionMask> Masks)
{
    /// <summary>Whether <see cref="ShortAttention"/> serves the spans.</summary>
    internal bool Short => Masks.Count == 0 && Layout is null;

    /// <summary>Where the spans lie for libtorch's operator for sequences of different lengths; null where that does not serve.</summary>
    internal PackedLayout? Layout { get; private init; }

    /// <summary>For <see cref="ShortAttention"/>: the spans that share a prompt together, in order; the first holds the prompt.</summary>
    internal IReadOnlyList<PackedSpan[]> Groups { get; } = Masks.Count == 0 ? Grouped(Spans) : [];

    /// <summary>Scores become cap · tanh(score / cap); null where they stay.</summary>
    public double? Cap { get; init; }

    /// <summary>The tensors of the masks, in order.</summary>
    public IEnumerable<Tensor> Biases => Masks.Select(mask => mask.Bias).OfType<Tensor>();

    /// <summary>Masks of these spans; their tensors belong to the scope of the call.</summary>
    /// <param name="spans">In order, without gaps.</param>
    /// <param name="window">Keys a token sees, itself included; null for all.</param>
    /// <param name="like">Gives dtype and device.</param>
    /// <param name="by">What computes the attention, where it is an operator for sequences of different lengths.</param>
    public static PackedMasks Of(IReadOnlyList<PackedSpan> spans, long? window, Tensor like, IVariableLengthOperator? by = null) =>
        by is not null ? new(spans, window, []) { Layout = PackedLayout.Of(by, spans, window, like.device) }
        : ShortAttention.Serves(spans, like) ? new(spans, window, []) : Long(spans, window, like);

    /// <summary>As <see cref="Of"/>, for libtorch's kernel whatever the spans.</summary>
    internal static PackedMasks Long(IReadOnlyList<PackedSpan> spans, long? window, Tensor like) =>
        new(spans, window, [.. spans.Select(span => span.PromptLength == 0 && !(window < span.Length) ? new AttentionMask { Causal = true }
            : new AttentionMask { Bias = Bias(span, window ?? span.Keys, like) })]);

    /// <summary>The same masks with other tensors of the same contents.</summary>
    /// <param name="biases">In the order of <see cref="Biases"/>.</param>
    public PackedMasks With(IEnumerable<Tensor> biases)
    {
        var rest = new Queue<Tensor>(biases);
        return this with { Masks = [.. Masks.Select(mask => mask.Bias is null ? mask : mask with { Bias = rest.Dequeue() })] };
    }

    private static Tensor Bias(PackedSpan span, long window, Tensor like)
    {
        using var scope = NewDisposeScope();
        Tensor query = arange(span.PromptLength, span.Keys, ScalarType.Int64, like.device).unsqueeze(1), key = arange(span.Keys, ScalarType.Int64, like.device);
        Tensor unseen = key.gt(query).logical_or(key.le(query - window)); // [length, keys]
        return zeros(unseen.shape, like.dtype, like.device).masked_fill_(unseen, double.NegativeInfinity).view(1, 1, span.Length, span.Keys)
            .MoveToOuterDisposeScope();
    }

    private static List<PackedSpan[]> Grouped(IReadOnlyList<PackedSpan> spans)
    {
        List<PackedSpan[]> groups = [];
        for (int start = 0, end; start < spans.Count; start = end)
        {
            for (end = start + 1; end < spans.Count && spans[end].PromptLength > 0; end++)
                if (spans[end].PromptStart < spans[start].Start)
                    throw new ArgumentException($"span {end} must follow those that share its prompt, and {start} holds another", nameof(spans));
            groups.Add([.. spans.Skip(start).Take(end - start)]);
        }
        return groups;
    }
}

/// <summary>What each query of an attention call sees, and how much it can see of it.</summary>
internal sealed record AttentionMask
{
    /// <summary>Scores become cap · tanh(score / cap) before anything is added to them; null where they stay.</summary>
    public double? Cap { get; init; }

    /// <summary>A query sees the keys up to its own index; excludes <see cref="Bias"/>.</summary>
    public bool Causal { get; init; }

    /// <summary>
    /// Added to the scores, or null: [rows or 1, heads or 1, length or 1, keys], 0 where a key is seen and −∞ where not; dtype of the query.
    /// </summary>
    public Tensor? Bias { get; init; }
}
