using Alignment.Kernels.Optimiser;
using static TorchSharp.torch;

namespace Alignment.Training;

/// <summary>Parameters that share AdamW's rates.</summary>
/// <param name="Parameters">Names (the checkpoint's) and parameters, all of one dtype and device.</param>
/// <param name="Rates">Decays; the learning rate is given with each step.</param>
internal sealed record ParameterGroup(IReadOnlyList<(string Name, Tensor Parameter)> Parameters, AdamWRates Rates);

/// <summary>AdamW over groups of parameters; the gradient is clipped over all of them together.</summary>
internal sealed class ParameterGroups(IReadOnlyList<ParameterGroup> groups) : IDisposable
{
    private readonly FusedAdamW[] _optimisers = [.. groups.Select(group => new FusedAdamW(group.Parameters, group.Rates))];

    /// <summary>The parameters by name.</summary>
    public IReadOnlyDictionary<string, Tensor> Weights { get; } =
        groups.SelectMany(group => group.Parameters).ToDictionary(one => one.Name, one => one.Parameter);

    /// <summary>Scales the gradient down to a norm; returns the norm before.</summary>
    public double Clip(double maxNorm) => GradientNorm.Clip([.. _optimisers.SelectMany(optimiser => optimiser.Gradients())], maxNorm);

    /// <summary>One step with the gradients that lie on the parameters, which are zero afterwards.</summary>
    public void Step(double learningRate)
    {
        foreach (FusedAdamW optimiser in _optimisers)
        {
            optimiser.Step(learningRate);
            optimiser.ZeroGradients();
        }
    }

    /// <summary>Frees all gradients.</summary>
    public void ReleaseGradients()
    {
        foreach (FusedAdamW optimiser in _optimisers)
            optimiser.ReleaseGradients();
    }

    /// <summary>The optimisers' live state by name, the group's number before it.</summary>
    public IReadOnlyDictionary<string, Tensor> State() =>
        _optimisers.Index().SelectMany(group => group.Item.State().Select(one => KeyValuePair.Create($"{group.Index}.{one.Key}", one.Value))).ToDictionary();

    /// <summary>Frees the optimisers' state.</summary>
    public void Dispose()
    {
        foreach (FusedAdamW optimiser in _optimisers)
            optimiser.Dispose();
    }
}
