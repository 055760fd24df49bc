using Alignment.Kernels.Native;
using static TorchSharp.torch;

namespace Alignment.Kernels.Attention;

/// <summary>
/// Attention whose scores are capped (Gemma 2; Gemma Team 2024, arXiv 2408.00118, section 2), which no kernel of libtorch serves: some queries at a time,
/// in its single operators, in both passes, so that the scores of all are never held. <see cref="ScaledDotProductAttention.Plain"/> is the readable twin.
/// </summary>
internal static class CappedAttention
{
    /// <summary>Scores held at once: 2²⁴ (64 MiB in float32), and at least those of one query.</summary>
    public const long ChunkElements = 1L << 24;

    /// <summary>softmax(cap · tanh(q kᵀ / √headWidth / cap) + mask) v for each head, differentiable.</summary>
    /// <param name="query">[rows, heads, length, headWidth].</param>
    /// <param name="key">[rows, keyHeads, keys, headWidth]; keyHeads divides heads.</param>
    /// <param name="value">[rows, keyHeads, keys, headWidth].</param>
    /// <param name="mask">What each query sees; with a cap.</param>
    /// <returns>[rows, heads, length, headWidth].</returns>
    public static Tensor Of(Tensor query, Tensor key, Tensor value, AttentionMask mask) => Of(query, key, value, mask, ChunkElements);

    /// <summary>As <see cref="Of(Tensor, Tensor, Tensor, AttentionMask)"/>, with at most so many scores held at once.</summary>
    public static Tensor Of(Tensor query, Tensor key, Tensor value, AttentionMask mask, long chunkElements)
    {
        using var scope = NewDisposeScope();
        (Tensor keys, Tensor values) = query.shape[1] == key.shape[1] ? (key, value) : (KeyHeads.Repeated(key, query.shape[1]), KeyHeads.Repeated(value, query.shape[1]));
        return CappedAttentionFunction.Of(query, keys, values, mask.Bias, new CappedSettings(mask.Cap!.Value, mask.Causal, chunkElements)).MoveToOuterDisposeScope();
    }

    /// <summary>One span after the other of a packed batch, each as <see cref="Of(Tensor, Tensor, Tensor, AttentionMask)"/>.</summary>
    public static Tensor OfSpans(Tensor query, Tensor key, Tensor value, PackedMasks masks)
    {
        using var scope = NewDisposeScope();
        Tensor[] mixed = [.. masks.Spans.Zip(masks.Masks, (span, mask) => Of(Own(query, span), Seen(key, span), Seen(value, span), mask with { Cap = masks.Cap }))];
        return cat(mixed, 2).MoveToOuterDisposeScope();
    }

    private static Tensor Own(Tensor whole, PackedSpan span) => whole.narrow(2, span.Start, span.Length);

    private static Tensor Seen(Tensor whole, PackedSpan span) =>
        span.PromptLength == 0 ? Own(whole, span) : cat([whole.narrow(2, span.PromptStart, span.PromptLength), Own(whole, span)], 2);
}

/// <summary>What a pass of <see cref="CappedAttention"/> needs beside tensors.</summary>
internal sealed record CappedSettings(double Cap, bool Causal, long ChunkElements);

/// <summary>
/// The autograd node of <see cref="CappedAttention"/>: query, key and value [rows, heads, …], a bias or null, and settings in, the mix of values out. With
/// t = tanh(q kᵀ · scale / cap), p = softmax(cap · t + bias), o = p v: dv = pᵀ do, ds = p ∘ (do vᵀ − Σ p ∘ do vᵀ) ∘ (1 − t²), dq = scale · ds k,
/// dk = scale · dsᵀ q.
/// </summary>
internal sealed class CappedAttentionFunction : GuardedFunction<CappedAttentionFunction>
{
    protected override ForwardPass Forward(object[] inputs)
    {
        var call = new Call(inputs);
        Tensor output = empty_like(call.Query);
        foreach ((long first, long count) in call.Chunks())
        {
            using var scope = NewDisposeScope();
            (Tensor weights, _) = call.Weights(first, count);
            output.narrow(2, first, count).copy_(einsum("rhqk,rhkd->rhqd", weights, call.Value));
        }
        return new(output);
    }

    protected override Tensor?[] Backward(object[] inputs, Tensor[] kept, Tensor gradient)
    {
        var call = new Call(inputs);
        Tensor query = empty_like(call.Query), key = zeros_like(call.Key), value = zeros_like(call.Value);
        foreach ((long first, long count) in call.Chunks())
        {
            using var scope = NewDisposeScope();
            (Tensor weights, Tensor tanh) = call.Weights(first, count);
            Tensor outer = gradient.narrow(2, first, count);
            value.add_(einsum("rhqk,rhqd->rhkd", weights, outer));
            Tensor slopes = einsum("rhqd,rhkd->rhqk", outer, call.Value);
            slopes.sub_((weights * slopes).sum(-1, keepdim: true)).mul_(weights).mul_(tanh.pow_(2).neg_().add_(1)).mul_(call.Scale);
            query.narrow(2, first, count).copy_(einsum("rhqk,rhkd->rhqd", slopes, call.Key));
            key.add_(einsum("rhqk,rhqd->rhkd", slopes, call.Query.narrow(2, first, count)));
        }
        return [query, key, value];
    }

    private sealed class Call(object[] inputs)
    {
        private readonly Tensor? _bias = (Tensor?)inputs[3];
        private readonly CappedSettings _settings = (CappedSettings)inputs[4];

        public Tensor Query { get; } = (Tensor)inputs[0];

        public Tensor Key { get; } = (Tensor)inputs[1];

        public Tensor Value { get; } = (Tensor)inputs[2];

        public double Scale => 1 / Math.Sqrt(Query.shape[3]);

        /// <summary>Queries that are taken together.</summary>
        public IEnumerable<(long First, long Count)> Chunks()
        {
            (long length, long ofOne) = (Query.shape[2], Query.shape[0] * Query.shape[1] * Key.shape[2]);
            long most = Math.Max(1, _settings.ChunkElements / Math.Max(1, ofOne));
            for (long first = 0; first < length; first += most)
                yield return (first, Math.Min(most, length - first));
        }

        /// <summary>p and t of some queries, each [rows, heads, count, keys], in float32 for narrower types.</summary>
        public (Tensor Weights, Tensor Tanh) Weights(long first, long count)
        {
            long keys = Key.shape[2];
            Tensor tanh = einsum("rhqd,rhkd->rhqk", Query.narrow(2, first, count), Key).mul_(Scale / _settings.Cap).tanh_();
            Tensor scores = tanh * _settings.Cap;
            if (_bias is not null)
                scores.add_(_bias.shape[2] == 1 ? _bias : _bias.narrow(2, first, count));
            if (_settings.Causal)
                scores.masked_fill_(ones(count, keys, ScalarType.Bool, scores.device).triu(1 + first), double.NegativeInfinity);
            ScalarType wide = scores.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
            return (nn.functional.softmax(scores, -1, wide).to(Value.dtype), tanh);
        }
    }
}
