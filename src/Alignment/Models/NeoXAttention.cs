using Alignment.Kernels;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Alignment.Models;

/// <summary>Causal self-attention with one fused projection, laid out head by head: q, k and v of head 0, then of head 1, ….</summary>
internal sealed class NeoXAttention : nn.Module
{
    [ComponentName(Name = "query_key_value")]
    private readonly Linear _queryKeyValue;

    [ComponentName(Name = "dense")]
    private readonly Linear _dense;

    private readonly NeoXConfig _config;

    public NeoXAttention(NeoXConfig config) : base(nameof(NeoXAttention))
    {
        _config = config;
        _queryKeyValue = nn.Linear(config.Width, 3 * config.Width);
        _dense = nn.Linear(config.Width, config.Width);
        RegisterComponents();
    }

    /// <summary>[rows, length, width] → [rows, length, width].</summary>
    /// <param name="x">Normalised input.</param>
    /// <param name="rotary">Angles of the positions.</param>
    /// <param name="mask">[rows, 1, length, length] bool, true = may look; null = causal only.</param>
    public Tensor Forward(Tensor x, NeoXRotary rotary, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        long rows = x.shape[0], length = x.shape[1];
        // [rows, length, 3 · width] → [rows, length, heads, 3, head width]
        Tensor fused = LinearProduct.Of(x, _queryKeyValue.weight, _queryKeyValue.bias).view(rows, length, _config.Heads, 3, _config.HeadWidth);
        Tensor turned = rotary.Apply(fused.narrow(3, 0, 2));
        Tensor queries = turned.select(3, 0).transpose(1, 2); // [rows, length, heads, head width] → [rows, heads, length, head width]
        Tensor keys = turned.select(3, 1).transpose(1, 2);
        Tensor values = fused.select(3, 2).transpose(1, 2);
        Tensor mixed = nn.functional.scaled_dot_product_attention(queries, keys, values, attn_mask: mask, is_casual: mask is null);
        mixed = mixed.transpose(1, 2).reshape(rows, length, _config.Width); // heads side by side again
        return LinearProduct.Of(mixed, _dense.weight, _dense.bias).MoveToOuterDisposeScope();
    }
}
