using Alignment.Kernels.Optimiser;
using Alignment.Models.NeoX;
using static TorchSharp.torch;

namespace Alignment.Rewards;

/// <summary>AdamW with global-norm clipping; only matrices decay.</summary>
internal sealed class RewardOptimiser : IDisposable
{
    private readonly FusedAdamW _matrices;
    private readonly FusedAdamW _vectors;
    private readonly double _clipNorm;

    public RewardOptimiser(NeoXReward model, RewardTrainingSettings settings)
    {
        _clipNorm = settings.ClipNorm;
        (string Name, Tensor Parameter)[] all = [.. model.named_parameters().Select(one => (one.name, (Tensor)one.parameter))];
        _matrices = new FusedAdamW(all.Where(one => one.Parameter.dim() > 1), new() { WeightDecay = settings.WeightDecay });
        _vectors = new FusedAdamW(all.Where(one => one.Parameter.dim() <= 1), new() { WeightDecay = 0 });
    }

    /// <summary>Clips, steps if loss and gradient are finite, and forgets the gradients; returns the norm before clipping.</summary>
    public double Step(double rate, double loss)
    {
        using var scope = NewDisposeScope();
        double norm = GradientNorm.Clip([.. _matrices.Gradients(), .. _vectors.Gradients()], _clipNorm);
        if (double.IsFinite(norm) && double.IsFinite(loss))
        {
            _matrices.Step(rate);
            _vectors.Step(rate);
        }
        _matrices.ZeroGradients();
        _vectors.ZeroGradients();
        return norm;
    }

    public void Dispose()
    {
        _matrices.Dispose();
        _vectors.Dispose();
    }
}
