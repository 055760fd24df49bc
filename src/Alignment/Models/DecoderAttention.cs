using Alignment.Kernels;
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
        Tensor mixed = pass.Packed is not null ? PackedAttention.Of(query, keys, values, pass.Packed).transpose(1, 2)
            : length == 1 ? OneToken(query, keys, values, pass.Mask)
            : Aten.ScaledDotProductAttention(query, keys, values, pass.Mask).transpose(1, 2);
        return _output.forward(mixed.reshape(rows, length, _heads * _headWidth)).MoveToOuterDisposeScope();
    }

    // queries [rows, heads, length, headWidth]; keys and values [rows, keyHeads, length, headWidth]; queries and keys turned
    private (Tensor Query, Tensor Keys, Tensor Values) FromOne(Projection projection, Tensor input, RotaryAngles angles)
    {
        Tensor[] parts = Heads(projection, input).split([_heads + _keyHeads, _keyHeads], 2); // queries with keys, values
        Tensor[] turned = angles.Turn(parts[0]).split([_heads, _keyHeads], 2); // queries, keys
        return (turned[0].transpose(1, 2), turned[1].transpose(1, 2), parts[1].transpose(1, 2));
    }

    private (Tensor Query, Tensor Keys, Tensor Values) FromThree(Tensor input, RotaryAngles angles) =>
        (angles.Turn(Heads(_query!, input)).transpose(1, 2), angles.Turn(Heads(_key!, input)).transpose(1, 2), Heads(_value!, input).transpose(1, 2));

    // [rows, length, width] → [rows, length, heads, headWidth]
    private Tensor Heads(Projection projection, Tensor input) => projection.forward(input).view(input.shape[0], input.shape[1], -1, _headWidth);

    // the query heads of a group stand in for its queries, so that no key is repeated: [rows, keyHeads, heads / keyHeads, headWidth]
    private Tensor OneToken(Tensor query, Tensor keys, Tensor values, AttentionMask mask) => Aten.ScaledDotProductAttention(
        query.reshape(query.shape[0], _keyHeads, _heads / _keyHeads, _headWidth), keys, values, mask with { Causal = false });
}
