using Alignment.Kernels;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Alignment.Models;

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
        Tensor output = LinearProduct.Of(input, _weight, _bias);
        if (Adapter is not { On: true } adapter)
            return output;
        using (output)
            return adapter.Added(output, input);
    }
}
