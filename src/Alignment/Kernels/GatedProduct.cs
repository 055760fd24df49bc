using static TorchSharp.torch;

namespace Alignment.Kernels;

/// <summary>silu(gate) · up, the middle of a gated MLP (SwiGLU; Shazeer 2020, eq. 6). <see cref="Plain"/> is the readable twin.</summary>
public static class GatedProduct
{
    /// <summary>silu(gate) · up, differentiable.</summary>
    /// <param name="both">[…, 2 · inner]: gate, then up.</param>
    /// <returns>[…, inner].</returns>
    public static Tensor Of(Tensor both)
    {
        if (!Lanes.Serve(both))
            return Plain(both);
        return is_grad_enabled() && both.requires_grad ? GatedProductFunction.apply(both) : OfRows(both);
    }

    /// <summary>As <see cref="Of"/>, in libtorch's operators.</summary>
    public static Tensor Plain(Tensor both)
    {
        using var scope = NewDisposeScope();
        Tensor[] halves = both.chunk(2, -1); // gate, up: […, inner]
        return nn.functional.silu(halves[0]).mul(halves[1]).MoveToOuterDisposeScope();
    }

    internal static Tensor OfRows(Tensor both)
    {
        using var scope = NewDisposeScope();
        long inner = both.shape[^1] / 2;
        return GatedRows.Forward(both.reshape(-1, 2 * inner).contiguous()).view([.. both.shape[..^1], inner]).MoveToOuterDisposeScope();
    }
}
