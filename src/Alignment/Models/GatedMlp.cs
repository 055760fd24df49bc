using Alignment.Kernels;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Alignment.Models;

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
        Tensor gated = _gateUp is { } both ? GatedProduct.Of(both.forward(input)) // […, 2 · inner]: gate, up
            : functional.silu(_gate!.forward(input)).mul(_up!.forward(input));
        return _down.forward(gated).MoveToOuterDisposeScope();
    }
}
