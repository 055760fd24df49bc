using static TorchSharp.torch;

namespace Alignment.Kernels.Optimiser;

/// <summary>
/// <see cref="MasterAdamW"/>, or of float32 weights <see cref="FusedAdamW"/>, with masters, moments and summed gradients in the host's memory: a step brings
/// them to the weights' device part by part and takes them back. The same kernel steps the same numbers there, so both give the same bits.
/// </summary>
internal sealed class HostAdamW : IOptimiser
{
    /// <summary>Numbers of a parameter that are on the device at once: 2²⁶ (1 GiB of masters, moments and gradients).</summary>
    public const long PartElements = 1L << 26;

    private readonly string[] _names;
    private readonly Tensor[] _weights;
    private readonly Tensor?[] _masters; // null where the weight is float32, and its own master
    private readonly Tensor?[] _gradients;
    private readonly AdamWState _state;
    private readonly AdamWRates _rates;
    private readonly long _partElements;

    /// <summary>Masters begin as the weights are; the weights stay their owner's.</summary>
    /// <param name="parameters">Names (the checkpoint's) and weights, contiguous, all of one dtype and device; they must not move afterwards.</param>
    /// <param name="rates">Decays; the learning rate is given with each step.</param>
    /// <param name="partElements">Numbers of a parameter that are on the device at once; a multiple of 16, since the kernel computes an incomplete vector otherwise.</param>
    public HostAdamW(IEnumerable<(string Name, Tensor Parameter)> parameters, AdamWRates rates, long partElements = PartElements)
    {
        (string Name, Tensor Parameter)[] all = [.. parameters];
        (_names, _weights, _rates, _partElements) = ([.. all.Select(one => one.Name)], [.. all.Select(one => one.Parameter)], rates, partElements);
        _masters = [.. _weights.Select(weight => weight.dtype == ScalarType.Float32 ? null : OnHost(weight))];
        _gradients = new Tensor?[all.Length];
        _state = new(_names, _weights, ScalarType.Float32, CPU);
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
            if (_gradients[i] is { } sum)
                sum.add_(gradient.to(CPU));
            else
                _gradients[i] = OnHost(gradient);
            _weights[i].grad = null;
        }
    }

    /// <inheritdoc/>
    public Tensor[] Gradients() => [.. _gradients.OfType<Tensor>()];

    /// <inheritdoc/>
    public void Step(double learningRate)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        AdamWRates rates = _rates with { LearningRate = learningRate };
        int[] present = [.. Enumerable.Range(0, _gradients.Length).Where(i => _gradients[i] is not null)];
        _state.Count(present);
        foreach (int i in present)
            for (long start = 0, all = _weights[i].numel(); start < all; start += _partElements)
                Step(i, (start, Math.Min(_partElements, all - start)), rates);
    }

    /// <inheritdoc/>
    public void ZeroGradients()
    {
        foreach (Tensor gradient in Gradients())
            gradient.zero_();
    }

    /// <inheritdoc/>
    public void ReleaseGradients()
    {
        for (int i = 0; i < _gradients.Length; i++)
        {
            _gradients[i]?.Dispose();
            (_gradients[i], _weights[i].grad) = (null, null);
        }
    }

    /// <summary>As <see cref="MasterAdamW.State"/>, or of float32 weights <see cref="FusedAdamW.State"/>; on the host.</summary>
    public IReadOnlyDictionary<string, Tensor> State()
    {
        Dictionary<string, Tensor> state = _state.Named();
        foreach ((string name, Tensor? master) in _names.Zip(_masters))
            if (master is not null)
                state.Add(MasterAdamW.MasterKey + name, master);
        return state;
    }

    /// <summary>Frees masters, moments and gradients.</summary>
    public void Dispose()
    {
        ReleaseGradients();
        _state.Dispose();
        foreach (Tensor? master in _masters)
            master?.Dispose();
    }

    private void Step(int parameter, (long Start, long Count) part, AdamWRates rates)
    {
        using var scope = NewDisposeScope();
        Device device = _weights[parameter].device;
        Tensor weight = Part(_weights[parameter]);
        Tensor[] home = [.. new[] { _masters[parameter], _state.First[parameter], _state.Second[parameter] }.OfType<Tensor>().Select(Part)];
        Tensor[] there = [.. home.Select(tensor => tensor.to(device))];
        Tensor master = there.Length == 3 ? there[0] : weight;
        FusedAdamW.Fused(new([master], [Part(_gradients[parameter]!).to(device)], [there[^2]], [there[^1]]), [_state.Steps[parameter].to(device)], rates);
        foreach ((Tensor own, Tensor stepped) in home.Zip(there))
            own.copy_(stepped);
        if (there.Length == 3)
            weight.copy_(master);

        Tensor Part(Tensor whole) => whole.view(-1).narrow(0, part.Start, part.Count);
    }

    private static Tensor OnHost(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        return tensor.detach().to(ScalarType.Float32, CPU, copy: true).DetachFromDisposeScope();
    }
}
