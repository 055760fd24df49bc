using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Alignment.Models;

/// <summary>A low-rank update of one linear layer: scale · B · A beside its weight (Hu et al. 2021, eq. 3).</summary>
internal sealed class LoraAdapter : IDisposable
{
    private readonly double _scale;

    /// <summary>Zero matrices of the weight's dtype and device; they begin to matter when they are filled.</summary>
    /// <param name="weight">[outputs, inputs].</param>
    /// <param name="settings">Rank and scale.</param>
    public LoraAdapter(Tensor weight, LoraSettings settings)
    {
        _scale = settings.Scale;
        Down = Matrix(settings.Rank, weight.shape[1]);
        Up = Matrix(weight.shape[0], settings.Rank);

        Parameter Matrix(long rows, long columns)
        {
            var parameter = new Parameter(zeros(rows, columns, weight.dtype, weight.device));
            parameter.DetachFromDisposeScope();
            return parameter;
        }
    }

    /// <summary>A, [rank, inputs].</summary>
    public Parameter Down { get; }

    /// <summary>B, [outputs, rank].</summary>
    public Parameter Up { get; }

    /// <summary>Off: the layer is the base model's.</summary>
    public bool On { get; set; } = true;

    /// <summary>[…, outputs] of the layer and its input […, inputs] → […, outputs] with the update.</summary>
    public Tensor Added(Tensor output, Tensor input)
    {
        using var scope = NewDisposeScope();
        return output.add(functional.linear(functional.linear(input, Down), Up), _scale).MoveToOuterDisposeScope();
    }

    /// <summary>Adds the update to a weight in place.</summary>
    public void MergeInto(Tensor weight)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        weight.add_(Up.mm(Down), _scale);
    }

    public void Dispose()
    {
        Down.Dispose();
        Up.Dispose();
    }
}
