using static TorchSharp.torch;

namespace Alignment.Kernels.Optimiser;

/// <summary>
/// AdamW for weights in bfloat16: it steps float32 copies of them, the masters, whose moments and summed gradients are float32, too, and the weights are
/// the masters rounded (Micikevicius et al. 2017, arXiv 1710.03740, section 3.1). Without masters a step of 1e−6 of a weight is lost: bfloat16 has 8 bits.
/// </summary>
internal sealed class MasterAdamW : IOptimiser
{
    /// <summary>Before a master's name in the state.</summary>
    public const string MasterKey = "master.";

    private readonly string[] _names;
    private readonly Tensor[] _weights;
    private readonly Tensor[] _masters; // the batch's gradient lies on them
    private readonly FusedAdamW _optimiser; // of the masters

    /// <summary>Masters begin as the weights are; the weights stay their owner's.</summary>
    /// <param name="parameters">Names (the checkpoint's) and weights, all of one dtype and device; they must not move afterwards.</param>
    /// <param name="rates">Decays; the learning rate is given with each step.</param>
    public MasterAdamW(IEnumerable<(string Name, Tensor Parameter)> parameters, AdamWRates rates)
    {
        (string Name, Tensor Parameter)[] all = [.. parameters];
        _names = [.. all.Select(one => one.Name)];
        _weights = [.. all.Select(one => one.Parameter)];
        _masters = [.. _weights.Select(Master)];
        _optimiser = new(_names.Zip(_masters), rates);
    }

    /// <summary>A float32 copy without a gradient, of no dispose scope.</summary>
    public static Tensor Master(Tensor weight)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        return weight.detach().to(ScalarType.Float32, copy: true).DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public void Gather()
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        for (int i = 0; i < _weights.Length; i++)
        {
            if (_weights[i].grad is not { } gradient)
                continue;
            if (_masters[i].grad is { } sum)
                sum.add_(gradient);
            else
                _masters[i].grad = gradient.to(ScalarType.Float32);
            _weights[i].grad = null;
        }
    }

    /// <inheritdoc/>
    public Tensor[] Gradients() => _optimiser.Gradients();

    /// <inheritdoc/>
    public void Step(double learningRate)
    {
        _optimiser.Step(learningRate);
        using IDisposable noGrad = no_grad();
        for (int i = 0; i < _weights.Length; i++)
            _weights[i].copy_(_masters[i]);
    }

    /// <inheritdoc/>
    public void ZeroGradients() => _optimiser.ZeroGradients();

    /// <inheritdoc/>
    public void ReleaseGradients()
    {
        _optimiser.ReleaseGradients();
        foreach (Tensor weight in _weights)
            weight.grad = null;
    }

    /// <summary>As <see cref="FusedAdamW.State"/>, and "master.NAME" of each parameter's shape, all in float32.</summary>
    public IReadOnlyDictionary<string, Tensor> State() =>
        _optimiser.State().Concat(_names.Zip(_masters, (name, master) => KeyValuePair.Create(MasterKey + name, master))).ToDictionary();

    /// <summary>Frees masters, moments and gradients.</summary>
    public void Dispose()
    {
        _optimiser.ReleaseGradients();
        _optimiser.Dispose();
        foreach (Tensor master in _masters)
            master.Dispose();
    }
}
