using Alignment.Kernels.Attention;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Alignment.Models;

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
    [ComponentName(Name = "q_norm")]
    private readonly RmsNorm? _queryNorm;
    [ComponentName(Name = "k_norm")]
    private readonly RmsNorm? _keyNorm;
    private readonly int _layer;
    private readonly long _heads, _keyHeads, _headWidth;
    private readonly bool _windowed, _turned, _normsAllHeads;
    private readonly double _queryScale; // beside 1 / √headWidth, which is the kernels'
    private readonly double? _cap;

    public DecoderAttention(DecoderConfig config, int layer, Placement place) : base(nameof(DecoderAttention))
    {
        (ModelShape shape, DecoderFamily family) = (config.Shape, config.Family);
        (_layer, _heads, _keyHeads, _headWidth) = (layer, shape.Heads, shape.KeyValueHeads, shape.HeadWidth);
        (_windowed, _turned, _normsAllHeads) = (config.Windowed(layer), config.Turned(layer), family.QueryKeyNorm == QueryKeyNorm.AllHeads);
        (_queryScale, _cap) = (config.ScoreMultiplier is null && config.QueryScalar is null ? 1 : config.ScoreScale * Math.Sqrt(_headWidth), config.ScoreCap);
        if (family.FusedProjections)
            _queryKeyValue = Projection(_heads + 2 * _keyHeads);
        else
            (_query, _key, _value) = (Projection(_heads), Projection(_keyHeads), Projection(_keyHeads));
        _output = new Projection(_heads * _headWidth, shape.Width, place, config.AttentionBias);
        if (family.QueryKeyNorm != QueryKeyNorm.None)
            (_queryNorm, _keyNorm) = (Norm(_heads), Norm(_keyHeads));
        RegisterComponents();

        Projection Projection(long heads) => new(shape.Width, heads * _headWidth, place, family.QueryKeyValueBias || config.AttentionBias);
        RmsNorm Norm(long heads) => RmsNorm.Of(config, _normsAllHeads ? heads * _headWidth : _headWidth, place);
    }

    /// <summary>[rows, length, width] → [rows, length, width].</summary>
    public override Tensor forward(Tensor input, DecoderPass pass)
    {
        using var scope = NewDisposeScope();
        LayerPass own = pass.Of(_windowed);
        (long rows, long length) = (input.size(0), input.size(1));
        (Tensor query, Tensor keys, Tensor values) =
            _queryKeyValue is null ? FromThree(input, own.Angles) : FromOne(_queryKeyValue, input, own.Angles);
        if (_queryScale != 1)
            query = query * _queryScale;
        if (pass.Cache is not null)
            (keys, values) = pass.Cache.Append(_layer, keys, values);
        // [rows, heads, length, headWidth] → [rows, length, heads, headWidth]; of one token, [rows, keyHeads, heads / keyHeads, headWidth]
        Tensor mixed = own.Packed is not null ? PackedAttention.Of(query, keys, values, own.Packed with { Cap = _cap }).transpose(1, 2)
            : length == 1 ? ScaledDotProductAttention.OfToken(query, keys, values, own.Mask with { Cap = _cap })
            : ScaledDotProductAttention.Of(query, keys, values, own.Mask with { Cap = _cap }).transpose(1, 2);
        return _output.forward(mixed.reshape(rows, length, _heads * _headWidth)).MoveToOuterDisposeScope(); // heads side by side: [rows, length, width]
    }

    // queries [rows, heads, length, headWidth]; keys and values [rows, keyHeads, length, headWidth]; queries and keys turned
    private (Tensor Query, Tensor Keys, Tensor Values) FromOne(Projection projection, Tensor input, RotaryAngles angles)
    {
        // [rows, length, heads + 2 · keyHeads, headWidth] → queries with keys, values
        Tensor[] parts = Heads(projection.forward(input)).split([_heads + _keyHeads, _keyHeads], 2);
        // [rows, length, heads + keyHeads, headWidth] → queries, keys
        Tensor[] turned = angles.Turn(parts[0]).split([_heads, _keyHeads], 2);
        return (ByHead(turned[0]), ByHead(turned[1]), ByHead(parts[1]));
    }

    private (Tensor Query, Tensor Keys, Tensor Values) FromThree(Tensor input, RotaryAngles angles) =>
        (ByHead(Turned(_query!, _queryNorm, input, angles)), ByHead(Turned(_key!, _keyNorm, input, angles)), ByHead(Heads(_value!.forward(input))));

    // [rows, length, width] → [rows, length, heads, headWidth], normed and turned where that is done
    private Tensor Turned(Projection projection, RmsNorm? norm, Tensor input, RotaryAngles angles)
    {
        Tensor projected = projection.forward(input);
        Tensor heads = norm is null ? Heads(projected) : _normsAllHeads ? Heads(norm.forward(projected)) : norm.forward(Heads(projected));
        return _turned ? angles.Turn(heads) : heads;
    }

    // [rows, length, heads · headWidth] → [rows, length, heads, headWidth]
    private Tensor Heads(Tensor projected) => projected.view(projected.size(0), projected.size(1), -1, _headWidth);

    // [rows, length, heads, headWidth] → [rows, heads, length, headWidth]
    private static Tensor ByHead(Tensor heads) => heads.transpose(1, 2);
}
