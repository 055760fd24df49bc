using Alignment.Kernels;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Alignment.Models;

/// <summary>Two projections with the exact GELU between them (Hendrycks and Gimpel 2016, x · Φ(x)).</summary>
internal sealed class NeoXMlp : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "dense_h_to_4h")]
    private readonly Linear _up;

    [ComponentName(Name = "dense_4h_to_h")]
    private readonly Linear _down;

    public NeoXMlp(NeoXConfig config) : base(nameof(NeoXMlp))
    {
        _up = nn.Linear(config.Width, config.MlpWidth);
        _down = nn.Linear(config.MlpWidth, config.Width);
        RegisterComponents();
    }

    /// <summary>[rows, length, width] → [rows, length, width].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor inner = nn.functional.gelu(LinearProduct.Of(input, _up.weight, _up.bias));
        return LinearProduct.Of(inner, _down.weight, _down.bias).MoveToOuterDisposeScope();
    }
}
