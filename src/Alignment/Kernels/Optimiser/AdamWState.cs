using static TorchSharp.torch;

namespace Alignment.Kernels.Optimiser;

/// <summary>Moments and step counts of AdamW, zero at first; entry i of each belongs to parameter i.</summary>
internal sealed class AdamWState : IDisposable
{
    private const string StepKey = "step", FirstKey = "exp_avg.", SecondKey = "exp_avg_sq.";

    private readonly string[] _names;
    private readonly Tensor _allSteps;

    /// <summary>A state for parameters of these names.</summary>
    /// <param name="names">The checkpoint's.</param>
    /// <param name="like">Give the shapes.</param>
    /// <param name="type">The moments' dtype.</param>
    /// <param name="device">Where all of it lies.</param>
    public AdamWState(string[] names, Tensor[] like, ScalarType type, Device device)
    {
        _names = names;
        (First, Second) = ([.. like.Select(Moment)], [.. like.Select(Moment)]);
        _allSteps = zeros(like.Length, ScalarType.Float32, device).DetachFromDisposeScope();
        Steps = [.. like.Select((_, i) => _allSteps.select(0, i).DetachFromDisposeScope())];

        Tensor Moment(Tensor parameter) => zeros(parameter.shape, type, device).DetachFromDisposeScope();
    }

    /// <summary>Running means of the gradient.</summary>
    public Tensor[] First { get; }

    /// <summary>Running means of the squared gradient.</summary>
    public Tensor[] Second { get; }

    /// <summary>Steps of each parameter, scalars in float32.</summary>
    public Tensor[] Steps { get; }

    /// <summary>Counts a step of some parameters.</summary>
    public void Count(int[] present)
    {
        if (present.Length == Steps.Length)
            _allSteps.add_(1);
        else
            foreach (int i in present)
                Steps[i].add_(1);
    }

    /// <summary>"step" [parameters] float32, and "exp_avg.NAME" and "exp_avg_sq.NAME" of each parameter's shape.</summary>
    public Dictionary<string, Tensor> Named()
    {
        var state = new Dictionary<string, Tensor> { [StepKey] = _allSteps };
        for (int i = 0; i < _names.Length; i++)
        {
            state.Add(FirstKey + _names[i], First[i]);
            state.Add(SecondKey + _names[i], Second[i]);
        }
        return state;
    }

    /// <summary>Frees all of it.</summary>
    public void Dispose()
    {
        foreach (Tensor tensor in (Tensor[])[.. First, .. Second, .. Steps, _allSteps])
            tensor.Dispose();
    }
}
