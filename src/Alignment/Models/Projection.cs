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
    public Projection(long inputs, long outputs, Placement place, bool bias = false) : base(nameof(Projection))
    {
        _weight = new Parameter(place.Zeros(outputs, inputs));
        _bias = bias ? new Parameter(place.Zeros(outputs)) : null;
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
    private readonly bool _centred; // the weight is what is added to 1

    private RmsNorm(long width, double epsilon, bool centred, Placement place) : base(nameof(RmsNorm))
    {
        _weight = new Parameter(centred ? place.Zeros(width) : place.Ones(width));
        (_epsilon, _centred) = (epsilon, centred);
        RegisterComponents();
    }

    /// <summary>A norm that changes no scale, of the model's kind.</summary>
    public static RmsNorm Of(DecoderConfig config, long width, Placement place) => new(width, config.NormEpsilon, config.Family.CentredNorms, place);

    /// <summary>[…, width] → […, width].</summary>
    public override Tensor forward(Tensor input)
    {
        if (!_centred)
            return Kernels.Layers.RmsNorm.Of(input, _weight, _epsilon);
        using var scope = NewDisposeScope();
        ScalarType wide = input.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32; // 1 + weight has no room in a narrow type
        return Kernels.Layers.RmsNorm.Of(input.to(wide), _weight.to(wide) + 1, _epsilon).to(input.dtype).MoveToOuterDisposeScope();
    }
}
