using Alignment.Kernels;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Alignment.Models;

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
    public override Tensor forward(Tensor input) => Aten.RmsNorm(input, _weight, _epsilon);
}
