using Alignment.Kernels.Attention;
using Alignment.Kernels.Layers;
using Alignment.Kernels.Native;
using Alignment.Models;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace Alignment.Bench.Plain;

/// <summary>
/// A Phi-3 as transformers composes it from libtorch's own operators: attention under an additive mask, norms, gates and rotary positions composed, every
/// position computed. It takes its weights from a <see cref="Decoder"/> and computes the same.
/// </summary>
internal sealed class PlainDecoder : IDisposable
{
    private readonly DecoderConfig _config;
    private readonly Func<Tensor, Tensor, Tensor, AttentionMask, Tensor> _attention;
    private readonly Dictionary<string, Parameter> _weights;
    private readonly Tensor _cosine, _sine; // [positions, headWidth]

    private PlainDecoder(DecoderConfig config, Func<Tensor, Tensor, Tensor, AttentionMask, Tensor> attention, IEnumerable<(string Name, Parameter Parameter)> weights)
    {
        (_config, _attention) = (config, attention);
        _weights = weights.ToDictionary(item => item.Name, item => new Parameter(item.Parameter.detach().clone()));
        using var scope = NewDisposeScope();
        long headWidth = Shape.Width / Shape.Heads;
        Tensor frequencies = 1.0 / tensor(_config.RotaryTheta).pow(arange(0, headWidth, 2, ScalarType.Float32) / (double)headWidth);
        Tensor angles = outer(arange(Shape.MaxPositions, ScalarType.Float32), frequencies.to(ScalarType.Float32)).to(Head.device);
        angles = cat([angles, angles], 1);
        (_cosine, _sine) = (angles.cos().DetachFromDisposeScope(), angles.sin().DetachFromDisposeScope());
    }

    /// <summary>With bmm and softmax: the readable twin.</summary>
    public static PlainDecoder Eager(Decoder model) => new(model.Config, ScaledDotProductAttention.Plain, model.named_parameters());

    /// <summary>With libtorch's scaled_dot_product_attention over repeated key heads, transformers' default: what people run.</summary>
    public static PlainDecoder Sdpa(Decoder model) => new(model.Config, static (query, key, value, mask) => nn.functional.scaled_dot_product_attention(
        query, KeyHeads.Repeated(key, query.shape[1]), KeyHeads.Repeated(value, query.shape[1]), mask.Bias), model.named_parameters());

    /// <summary>The same weights in tensors of their own.</summary>
    public PlainDecoder Copy() => new(_config, _attention, _weights.Select(item => (item.Key, item.Value)));

    public Tensor Head => _weights["lm_head.weight"];

    public IEnumerable<Parameter> Parameters => _weights.Values;

    private ModelShape Shape => _config.Shape;

    /// <summary>[rows, length, width] hidden states of right-padded rows.</summary>
    public Tensor HiddenStates(Tensor tokens, Tensor attentionMask)
    {
        long length = tokens.shape[1];
        return HiddenStates(tokens, attentionMask, mask => new(mask, _cosine.narrow(0, 0, length), _sine.narrow(0, 0, length)), cache: null);
    }

    /// <summary>[rows, length, width] hidden states of left-padded rows after those in the cache, which grows.</summary>
    /// <param name="tokens">[rows, length].</param>
    /// <param name="attentionMask">[rows, cached + length], 1 = real token.</param>
    /// <param name="cache">Keys and values so far.</param>
    public Tensor HiddenStates(Tensor tokens, Tensor attentionMask, PlainCache cache) => HiddenStates(tokens, attentionMask, mask =>
    {
        Tensor positions = (attentionMask.cumsum(1) - 1).clamp_min(0);
        positions = positions.narrow(1, positions.shape[1] - tokens.shape[1], tokens.shape[1]); // [rows, length]
        return new(mask, Aten.Embedding(_cosine, positions).unsqueeze(1), Aten.Embedding(_sine, positions).unsqueeze(1)); // [rows, 1, length, headWidth]
    }, cache);

    private Tensor HiddenStates(Tensor tokens, Tensor attentionMask, Func<AttentionMask, Pass> plan, PlainCache? cache)
    {
        using var scope = NewDisposeScope();
        (long length, long keys) = (tokens.shape[1], attentionMask.shape[1]);
        // [rows, length, keys]
        Tensor seen = attentionMask.ne(0).unsqueeze(1).logical_and(ones(length, keys, ScalarType.Bool, tokens.device).tril(keys - length));
        Pass pass = plan(new AttentionMask { Bias = zeros(seen.shape, device: tokens.device).masked_fill_(seen.logical_not(), -1e9).unsqueeze(1) });
        Tensor hidden = Aten.Embedding(_weights["model.embed_tokens.weight"], tokens); // nn.Embedding calls it
        for (int layer = 0; layer < Shape.Layers; layer++)
        {
            string name = $"model.layers.{layer}.";
            hidden = hidden + Attention(name + "self_attn.", Norm(hidden, name + "input_layernorm"), pass, cache?.Of(layer));
            Tensor gateUp = linear(Norm(hidden, name + "post_attention_layernorm"), _weights[name + "mlp.gate_up_proj.weight"]);
            hidden = hidden + linear(SwiGlu.Plain(gateUp), _weights[name + "mlp.down_proj.weight"]);
        }
        return Norm(hidden, "model.norm").MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        foreach (Parameter weight in _weights.Values)
            weight.Dispose();
        _cosine.Dispose();
        _sine.Dispose();
    }

    private Tensor Attention(string name, Tensor input, Pass pass, PlainCache.Layer? cache)
    {
        (long rows, long length, long headWidth) = (input.shape[0], input.shape[1], Shape.Width / Shape.Heads);
        Tensor[] parts = linear(input, _weights[name + "qkv_proj.weight"]).view(rows, length, -1, headWidth)
            .split([Shape.Heads, Shape.KeyValueHeads, Shape.KeyValueHeads], 2);
        (Tensor query, Tensor key, Tensor value) = (Turned(parts[0].transpose(1, 2), pass), Turned(parts[1].transpose(1, 2), pass), parts[2].transpose(1, 2));
        if (cache is not null)
            (key, value) = cache.Add(key, value);
        Tensor mixed = _attention(query, key, value, pass.Mask); // [rows, heads, length, headWidth]
        return linear(mixed.transpose(1, 2).reshape(rows, length, Shape.Width), _weights[name + "o_proj.weight"]);
    }

    // [rows, heads, length, headWidth]
    private static Tensor Turned(Tensor heads, Pass pass)
    {
        Tensor[] halves = heads.chunk(2, -1);
        return heads * pass.Cosine + cat([-halves[1], halves[0]], -1) * pass.Sine;
    }

    private Tensor Norm(Tensor x, string name) => Kernels.Layers.RmsNorm.Plain(x, _weights[name + ".weight"], _config.NormEpsilon);

    // cosine and sine: [length, headWidth], or [rows, 1, length, headWidth] where rows stand at positions of their own
    private sealed record Pass(AttentionMask Mask, Tensor Cosine, Tensor Sine);
}

/// <summary>Keys and values of every layer, grown by concatenation as in transformers' DynamicCache.</summary>
internal sealed class PlainCache(int layers) : IDisposable
{
    private readonly Layer[] _layers = [.. Enumerable.Range(0, layers).Select(_ => new Layer())];

    public Layer Of(int layer) => _layers[layer];

    public void Dispose()
    {
        foreach (Layer layer in _layers)
            layer.Dispose();
    }

    internal sealed class Layer : IDisposable
    {
        private Tensor? _keys, _values;

        /// <summary>All keys and values with the new ones at the end, [rows, keyHeads, keys, headWidth].</summary>
        public (Tensor Keys, Tensor Values) Add(Tensor key, Tensor value)
        {
            (Tensor keys, Tensor values) = (Grown(_keys, key), Grown(_values, value));
            Dispose();
            (_keys, _values) = (keys, values);
            return (keys, values);
        }

        public void Dispose()
        {
            _keys?.Dispose();
            _values?.Dispose();
        }

        private static Tensor Grown(Tensor? held, Tensor added) => (held is null ? added.contiguous() : cat([held, added], 2)).DetachFromDisposeScope();
    }
}
