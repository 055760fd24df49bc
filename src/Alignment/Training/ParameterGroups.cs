using Alignment.Checkpoints;
using Alignment.Kernels.Optimiser;
using static TorchSharp.torch;

namespace Alignment.Training;

/// <summary>Parameters that share AdamW's rates.</summary>
/// <param name="Parameters">Names (the checkpoint's) and parameters, all of one dtype and device.</param>
/// <param name="Rates">Decays; the learning rate is given with each step.</param>
internal sealed record ParameterGroup(IReadOnlyList<(string Name, Tensor Parameter)> Parameters, AdamWRates Rates);

/// <summary>AdamW over groups of parameters; the gradient is clipped over all of them together.</summary>
internal sealed class ParameterGroups(IReadOnlyList<ParameterGroup> groups, SpeedSettings speed) : IDisposable
{
    private readonly IOptimiser[] _optimisers = [.. groups.Select(group => Optimiser(group, speed.OptimiserOnHost))];

    /// <summary>The parameters by name.</summary>
    public IReadOnlyDictionary<string, Tensor> Weights { get; } =
        groups.SelectMany(group => group.Parameters).ToDictionary(one => one.Name, one => one.Parameter);

    /// <summary>What is stepped, in float32: the parameters, or their masters.</summary>
    public IReadOnlyDictionary<string, Tensor> Masters()
    {
        var stepped = new Dictionary<string, Tensor>(Weights);
        foreach ((string key, Tensor state) in _optimisers.SelectMany(optimiser => optimiser.State()))
            if (key.StartsWith(MasterAdamW.MasterKey, StringComparison.Ordinal))
                stepped[key[MasterAdamW.MasterKey.Length..]] = state;
        return stepped;
    }

    /// <summary>Of the weights and the optimisers' state.</summary>
    public long Bytes => Weights.Values.Concat(State().Values).Sum(TensorMemory.Bytes);

    /// <summary>Told after each backward pass: takes what it left on the parameters into the batch's gradient.</summary>
    public void Gather()
    {
        foreach (IOptimiser optimiser in _optimisers)
            optimiser.Gather();
    }

    /// <summary>Scales the batch's gradient down to a norm; returns the norm before.</summary>
    /// <param name="maxNorm">The largest norm.</param>
    /// <param name="known">The norm where the gradients here are pieces of it, else null.</param>
    public double Clip(double maxNorm, double? known = null)
    {
        Tensor[] gradients = [.. _optimisers.SelectMany(optimiser => optimiser.Gradients())];
        return known is { } norm ? GradientNorm.Scale(gradients, maxNorm, norm)
            : GradientNorm.Clip(gradients, maxNorm, Weights.Values.Select(weight => weight.device).FirstOrDefault(CPU));
    }

    /// <summary>One step with the batch's gradient, which is zero afterwards.</summary>
    public void Step(double learningRate)
    {
        foreach (IOptimiser optimiser in _optimisers)
        {
            optimiser.Step(learningRate);
            optimiser.ZeroGradients();
        }
    }

    /// <summary>Frees all gradients.</summary>
    public void ReleaseGradients()
    {
        foreach (IOptimiser optimiser in _optimisers)
            optimiser.ReleaseGradients();
    }

    /// <summary>The optimisers' live state by name, the group's number before it.</summary>
    public IReadOnlyDictionary<string, Tensor> State() =>
        _optimisers.Index().SelectMany(group => group.Item.State().Select(one => KeyValuePair.Create($"{group.Index}.{one.Key}", one.Value))).ToDictionary();

    /// <summary>Frees the optimisers' state.</summary>
    public void Dispose()
    {
        foreach (IOptimiser optimiser in _optimisers)
            optimiser.Dispose();
    }

    // the one place where an optimiser is chosen
    private static IOptimiser Optimiser(ParameterGroup group, bool onHost) => onHost ? new HostAdamW(group.Parameters, group.Rates)
        : group.Parameters.Any(one => one.Parameter.dtype == ScalarType.BFloat16) ? new MasterAdamW(group.Parameters, group.Rates)
        : new FusedAdamW(group.Parameters, group.Rates);
}
