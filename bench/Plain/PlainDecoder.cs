using Alignment.Kernels.Attention;
using Alignment.Kernels.Layers;
using Alignment.Kernels.Native;
using Alignment.Models;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace Alignment.Bench.Plain;

/// <summary>
/// A Phi-3 as it is written in TorchSharp's own operators today: eager attention (bmm, softmax) under an additive mask, norms and gates composed,
/// every position computed. It takes its weights from a <see cref="Decoder"/> and computes the same.
/// </summary>
internal sealed class PlainDecoder : IDisposable
{
    private readonly DecoderConfig _config;
    private readonly Dictionary<string, Parameter> _weights;
    private readonly Tensor _cosine, _sine; // [positions, headWidth]

    public PlainDecoder(Decoder model)
    {
        _config = model.Config;
        _weights = model.named_parameters().ToDictionary(item => item.name, item => new Parameter(item.parameter.detach().clone()));
        using var scope = NewDisposeScope();
        long headWidth = Shape.Width / Shape.Heads;
        Tensor frequencies = 1.0 / tensor(_config.RotaryTheta).pow(arange(0, headWidth, 2, ScalarType.Float32) / (double)headWidth);
        Tensor angles = outer(arange(Shape.MaxPositions, ScalarType.Float32), frequencies.to(ScalarType.Float32)).to(model.Head.device);
        angles = cat([angles, angles], 1);
        (_cosine, _sine) = (angles.cos().DetachFromDisposeScope(), angles.sin().DetachFromDisposeScope());
    }

    public Tensor Head => _weights["lm_head.weight"];

    public IEnumerable<Parameter> Parameters => _weights.Values;

    private ModelShape Shape => _config.Shape;

    /// <summary>[rows, length, width] hidden states of right-padded rows.</summary>
    public Tensor HiddenStates(Tensor tokens, Tensor attentionMask)
    {
        using var scope = NewDisposeScope();
        long length = tokens.shape[1];
        Tensor seen = attentionMask.ne(0).unsqueeze(1).logical_and(ones(length, length, ScalarType.Bool, tokens.device).tril()); // [rows, length, length]
        var mask = new AttentionMask { Bias = zeros(seen.shape, device: tokens.device).masked_fill_(seen.logical_not(), -1e9).unsqueeze(1) };
        Tensor hidden = Aten.Embedding(_weights["model.embed_tokens.weight"], tokens); // nn.Embedding calls it
        for (int layer = 0; layer < Shape.Layers; layer++)
        {
            string name = $"model.layers.{layer}.";
            hidden = hidden + Attention(name + "self_attn.", Norm(hidden, name + "input_layernorm"), mask);
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

    private Tensor Attention(string name, Tensor input, AttentionMask mask)
    {
        (long rows, long length, long headWidth) = (input.shape[0], input.shape[1], Shape.Width / Shape.Heads);
        Tensor[] parts = linear(input, _weights[name + "qkv_proj.weight"]).view(rows, length, -1, headWidth)
            .split([Shape.Heads, Shape.KeyValueHeads, Shape.KeyValueHeads], 2);
        (Tensor query, Tensor key, Tensor value) = (Turned(parts[0].transpose(1, 2)), Turned(parts[1].transpose(1, 2)), parts[2].transpose(1, 2));
        Tensor mixed = ScaledDotProductAttention.Plain(query, key, value, mask); // [rows, heads, length, headWidth]
        return linear(mixed.transpose(1, 2).reshape(rows, length, Shape.Width), _weights[name + "o_proj.weight"]);
    }

    // [rows, heads, length, headWidth]
    private Tensor Turned(Tensor heads)
    {
        long length = heads.shape[2];
        Tensor[] halves = heads.chunk(2, -1);
        return heads * _cosine.narrow(0, 0, length) + cat([-halves[1], halves[0]], -1) * _sine.narrow(0, 0, length);
    }

    private Tensor Norm(Tensor x, string name) => Kernels.Layers.RmsNorm.Plain(x, _weights[name + ".weight"], _config.NormEpsilon);
}
