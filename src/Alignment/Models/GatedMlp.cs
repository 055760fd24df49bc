using Alignment.Kernels.Layers;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Alignment.Models;

/// <summary>down(gate · up), where the gate passed through SiLU or GELU; gate and up in one projection or in two (Shazeer 2020, eq. 6).</summary>
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
    private readonly bool _gelu;

    public GatedMlp(DecoderConfig config, Placement place) : base(nameof(GatedMlp))
    {
        (long width, long inner, bool biased) = (config.Shape.Width, config.Shape.MlpWidth, config.MlpBias);
        if (config.Family.FusedProjections)
            _gateUp = new Projection(width, 2 * inner, place, biased);
        else
            (_gate, _up) = (new Projection(width, inner, place, biased), new Projection(width, inner, place, biased));
        _down = new Projection(inner, width, place, biased);
        _gelu = config.Family.GeluGate;
        RegisterComponents();
    }

    /// <summary>[…, width] → […, width].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        if (_gateUp is { } both)
            return _down.forward(SwiGlu.Of(both.forward(input))).MoveToOuterDisposeScope(); // […, 2 · inner]: gate, up
        (Tensor gate, Tensor up) = (_gate!.forward(input), _up!.forward(input)); // […, inner]
        return _down.forward(_gelu ? GeGlu.Of(gate, up) : SwiGlu.Of(gate, up)).MoveToOuterDisposeScope();
    }
}
