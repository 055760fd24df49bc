using Alignment.Kernels.Attention;
using Alignment.Kernels.Layers;
using Alignment.Kernels.Native;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Alignment.Models;

/// <summary>Embedding, layers and final norm: the part that Hugging Face names "model".</summary>
internal sealed class DecoderStack : Module<Tensor, DecoderPass, Tensor>
{
    [ComponentName(Name = "embed_tokens")]
    private readonly Projection _embedding;
    [ComponentName(Name = "layers")]
    private readonly ModuleList<DecoderBlock> _layers;
    [ComponentName(Name = "norm")]
    private readonly RmsNorm _norm;

    public DecoderStack(DecoderConfig config) : base(nameof(DecoderStack))
    {
        _embedding = new Projection(config.Shape.Width, config.Shape.Vocabulary); // read by row
        _layers = [.. Enumerable.Range(0, config.Shape.Layers).Select(layer => new DecoderBlock(config, layer))];
        _norm = new RmsNorm(config.Shape.Width, config.NormEpsilon);
        RegisterComponents();
    }

    public Tensor Embedding => _embedding.Weight;

    /// <summary>[rows, length] int64 tokens → [rows, length, width].</summary>
    public override Tensor forward(Tensor tokens, DecoderPass pass)
    {
        using var scope = NewDisposeScope();
        Tensor hidden = Aten.Embedding(_embedding.Weight, tokens);
        foreach (DecoderBlock layer in _layers)
        {
            Tensor next = layer.forward(hidden, pass);
            hidden.Dispose(); // autograd keeps what it needs
            hidden = next;
        }
        return _norm.forward(hidden).MoveToOuterDisposeScope();
    }
}

/// <summary>One decoder layer: attention and gated MLP, each behind a norm and beside a residual.</summary>
internal sealed class DecoderBlock : Module<Tensor, DecoderPass, Tensor>
{
    [ComponentName(Name = "input_layernorm")]
    private readonly RmsNorm _attentionNorm;
    [ComponentName(Name = "self_attn")]
    private readonly DecoderAttention _attention;
    [ComponentName(Name = "post_attention_layernorm")]
    private readonly RmsNorm _mlpNorm;
    [ComponentName(Name = "mlp")]
    private readonly GatedMlp _mlp;

    public DecoderBlock(DecoderConfig config, int layer) : base(nameof(DecoderBlock))
    {
        _attentionNorm = new RmsNorm(config.Shape.Width, config.NormEpsilon);
        _attention = new DecoderAttention(config.Shape, config.Family, layer);
        _mlpNorm = new RmsNorm(config.Shape.Width, config.NormEpsilon);
        _mlp = new GatedMlp(config.Shape.Width, config.Shape.MlpWidth, config.Family);
        RegisterComponents();
    }

    /// <summary>[rows, length, width] → [rows, length, width].</summary>
    public override Tensor forward(Tensor input, DecoderPass pass)
    {
        using var scope = NewDisposeScope();
        Tensor attended = input + _attention.forward(_attentionNorm.forward(input), pass);
        return (attended + _mlp.forward(_mlpNorm.forward(attended))).MoveToOuterDisposeScope();
    }
}

/// <summary>Grouped-query attention (Ainslie et al. 2023) with rotary positions; query, key and value from one projection or from three.</summary>
internal sealed class DecoderAttention : Module<Tensor, DecoderPass, Tensor>
{
    [ComponentName(Name = "qkv_proj")]
    private readonly Projection? _queryKeyValue;
    [ComponentName(Name = "q_proj")]
    private readonly Projection? _query;
    [ComponentName(Name = "k_proj")]
    private readonly Projection? _key;
    [ComponentName(Name = "v_proj")]
    private readonly Projection? _value;
    [ComponentName(Name = "o_proj")]
    private readonly Projection _output;
    private readonly int _layer;
    private readonly long _heads, _keyHeads, _headWidth;

    public DecoderAttention(ModelShape shape, DecoderFamily family, int layer) : base(nameof(DecoderAttention))
    {
        (_layer, _heads, _keyHeads, _headWidth) = (layer, shape.Heads, shape.KeyValueHeads, shape.Width / shape.Heads);
        if (family.FusedProjections)
            _queryKeyValue = Projection(_heads + 2 * _keyHeads);
        else
            (_query, _key, _value) = (Projection(_heads), Projection(_keyHeads), Projection(_keyHeads));
        _output = new Projection(shape.Width, shape.Width);
        RegisterComponents();

        Projection Projection(long heads) => new(shape.Width, heads * _headWidth, family.QueryKeyValueBias);
    }

    /// <summary>[rows, length, width] → [rows, length, width].</summary>
    public override Tensor forward(Tensor input, DecoderPass pass)
    {
        using var scope = NewDisposeScope();
        (long rows, long length) = (input.shape[0], input.shape[1]);
        (Tensor query, Tensor keys, Tensor values) =
            _queryKeyValue is null ? FromThree(input, pass.Angles) : FromOne(_queryKeyValue, input, pass.Angles);
        if (pass.Cache is not null)
            (keys, values) = pass.Cache.Append(_layer, keys, values);
        // [rows, heads, length, headWidth] → [rows, length, heads, headWidth]; of one token, [rows, keyHeads, heads / keyHeads, headWidth]
        Tensor mixed = pass.Packed is not null ? PackedAttention.Of(query, keys, values, pass.Packed).transpose(1, 2)
            : length == 1 ? OneToken(query, keys, values, pass.Mask)
            : ScaledDotProductAttention.Of(query, keys, values, pass.Mask).transpose(1, 2);
        return _output.forward(mixed.reshape(rows, length, _heads * _headWidth)).MoveToOuterDisposeScope(); // heads side by side: [rows, length, width]
    }

    // queries [rows, heads, length, headWidth]; keys and values [rows, keyHeads, length, headWidth]; queries and keys turned
    private (Tensor Query, Tensor Keys, Tensor Values) FromOne(Projection projection, Tensor input, RotaryAngles angles)
    {
        // [rows, length, heads + 2 · keyHeads, headWidth] → queries with keys, values
        Tensor[] parts = Heads(projection, input).split([_heads + _keyHeads, _keyHeads], 2);
        // [rows, length, heads + keyHeads, headWidth] → queries, keys
        Tensor[] turned = angles.Turn(parts[0]).split([_heads, _keyHeads], 2);
        return (ByHead(turned[0]), ByHead(turned[1]), ByHead(parts[1]));
    }

    private (Tensor Query, Tensor Keys, Tensor Values) FromThree(Tensor input, RotaryAngles angles) =>
        (ByHead(angles.Turn(Heads(_query!, input))), ByHead(angles.Turn(Heads(_key!, input))), ByHead(Heads(_value!, input)));

    // [rows, length, width] → [rows, length, heads, headWidth]
    private Tensor Heads(Projection projection, Tensor input) => projection.forward(input).view(input.shape[0], input.shape[1], -1, _headWidth);

    // [rows, length, heads, headWidth] → [rows, heads, length, headWidth]
    private static Tensor ByHead(Tensor heads) => heads.transpose(1, 2);

    // the query heads of a group stand in for its queries, so that no key is repeated:
    // [rows, heads, 1, headWidth] → [rows, keyHeads, heads / keyHeads, headWidth]
    private Tensor OneToken(Tensor query, Tensor keys, Tensor values, AttentionMask mask) => ScaledDotProductAttention.Of(
        query.reshape(query.shape[0], _keyHeads, _heads / _keyHeads, _headWidth), keys, values, mask with { Causal = false });
}

/// <summary>down(silu(gate) · up), gate and up in one projection or in two (SwiGLU; Shazeer 2020, eq. 6).</summary>
internal sealed class GatedMlp : Module<Tensor, Tensor>
{
    [ComponentName(Name = "gate_up_proj")]
    private readonly Projection? _gateUp;
    [ComponentName(Name = "gate_proj")]
    private readonly Projection? _gate;
    [ComponentName(Name = "up_proj")]
    private readonly Projection? _up;
    [ComponentName(Name = "down_proj")]
    private readonly Projection _down;

    public GatedMlp(long width, long inner, DecoderFamily family) : base(nameof(GatedMlp))
    {
        if (family.FusedProjections)
            _gateUp = new Projection(width, 2 * inner);
        else
            (_gate, _up) = (new Projection(width, inner), new Projection(width, inner));
        _down = new Projection(inner, width);
        RegisterComponents();
    }

    /// <summary>[…, width] → […, width].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor gated = _gateUp is { } both ? SwiGlu.Of(both.forward(input)) // […, 2 · inner]: gate, up
            : functional.silu(_gate!.forward(input)).mul(_up!.forward(input));
        return _down.forward(gated).MoveToOuterDisposeScope();
    }
}

/// <summary>x · weightᵀ, plus a bias where there is one, plus what an adapter adds while one is attached and on.</summary>
internal sealed class Projection : Module<Tensor, Tensor>
{
    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;
    [ComponentName(Name = "bias")]
    private readonly Parameter? _bias;

    /// <summary>A zero weight [outputs, inputs], and a zero bias [outputs] where one is asked for.</summary>
    public Projection(long inputs, long outputs, bool bias = false) : base(nameof(Projection))
    {
        _weight = new Parameter(zeros(outputs, inputs));
        _bias = bias ? new Parameter(zeros(outputs)) : null;
        RegisterComponents();
    }

    public Tensor Weight => _weight;

    /// <summary>The low-rank update beside the weight, or null; no part of the module's parameters.</summary>
    public LoraAdapter? Adapter { get; set; }

    /// <summary>[…, inputs] → […, outputs].</summary>
    public override Tensor forward(Tensor input)
    {
        Tensor output = Kernels.Layers.Linear.Of(input, _weight, _bias);
        if (Adapter is not { On: true } adapter)
            return output;
        using (output)
            return adapter.Added(output, input);
    }
}

/// <summary>Root-mean-square norm with a weight (Zhang and Sennrich 2019).</summary>
internal sealed class RmsNorm : Module<Tensor, Tensor>
{
    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;
    private readonly double _epsilon;

    public RmsNorm(long width, double epsilon) : base(nameof(RmsNorm))
    {
        _weight = new Parameter(ones(width));
        _epsilon = epsilon;
        RegisterComponents();
    }

    /// <summary>[…, width] → […, width].</summary>
    public override Tensor forward(Tensor input) => Kernels.Layers.RmsNorm.Of(input, _weight, _epsilon);
}
