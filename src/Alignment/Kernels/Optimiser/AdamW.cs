using static Alignment.Kernels.Native.AtenDispatcher;
using static TorchSharp.torch;

namespace Alignment.Kernels.Optimiser;

/// <summary>
/// AdamW (Loshchilov and Hutter 2019, algorithm 2) as torch.optim.AdamW computes it, one operator call per step for all parameters. A parameter
/// without a gradient is left out of a step, its moments and its step count included. <see cref="PlainAdamW"/> is the readable twin.
/// </summary>
internal sealed class FusedAdamW : IOptimiser
{
    private readonly Tensor[] _parameters;
    private readonly AdamWState _state;
    private readonly AdamWRates _rates;

    /// <summary>An optimiser with zero moments; the parameters stay their owner's.</summary>
    /// <param name="parameters">Names (the checkpoint's) and parameters, all of one dtype and device; they must not move afterwards.</param>
    /// <param name="rates">Decays; the learning rate is given with each step.</param>
    public FusedAdamW(IEnumerable<(string Name, Tensor Parameter)> parameters, AdamWRates rates)
    {
        (string Name, Tensor Parameter)[] all = [.. parameters];
        (_parameters, _rates) = ([.. all.Select(one => one.Parameter)], rates);
        _state = new([.. all.Select(one => one.Name)], _parameters, all.Length == 0 ? ScalarType.Float32 : _parameters[0].dtype,
            all.Length == 0 ? CPU : _parameters[0].device);
    }

    /// <summary>Nothing: backward passes add to what lies on the parameters, and that is the batch's gradient.</summary>
    public void Gather()
    {
    }

    /// <summary>The gradients that are present; wrappers owned by the caller's dispose scope.</summary>
    public Tensor[] Gradients() => [.. _parameters.Select(parameter => parameter.grad).OfType<Tensor>()];

    /// <summary>One step with the gradients that lie on the parameters.</summary>
    /// <param name="learningRate">Step size; ≥ 0.</param>
    public void Step(double learningRate)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        Tensor?[] gradients = [.. _parameters.Select(parameter => parameter.grad)];
        int[] present = [.. Enumerable.Range(0, gradients.Length).Where(i => gradients[i] is not null)];
        if (present.Length == 0)
            return;
        _state.Count(present);
        Fused(new(Pick(_parameters), Pick(gradients!), Pick(_state.First), Pick(_state.Second)), Pick(_state.Steps),
            _rates with { LearningRate = learningRate });

        Tensor[] Pick(Tensor[] all) => [.. present.Select(i => all[i])];
    }

    /// <summary>Sets all gradients to zero in place; absent ones stay absent.</summary>
    public void ZeroGradients()
    {
        using var scope = NewDisposeScope();
        foreach (Tensor gradient in Gradients())
            gradient.zero_();
    }

    /// <summary>Frees all gradients.</summary>
    public void ReleaseGradients()
    {
        foreach (Tensor parameter in _parameters)
            parameter.grad = null;
    }

    /// <summary>
    /// The state by name: "step" [parameters] float32, and "exp_avg.NAME" and "exp_avg_sq.NAME" of each parameter's shape. The tensors stay the
    /// optimiser's and change with the next step.
    /// </summary>
    public IReadOnlyDictionary<string, Tensor> State() => _state.Named();

    /// <summary>Takes over a stored <see cref="State"/>, copied; the next step is then bit-identical to that of the optimiser that gave it.</summary>
    /// <exception cref="ArgumentException">A tensor is missing, left over or of another shape or dtype; the message names all.</exception>
    public void Restore(IReadOnlyDictionary<string, Tensor> state)
    {
        IReadOnlyDictionary<string, Tensor> own = State();
        string[] faults = [.. own.Where(entry => !Fits(entry.Value, state.GetValueOrDefault(entry.Key))).Select(entry =>
            $"{entry.Key} must be {Describe(entry.Value)}, "
            + (state.TryGetValue(entry.Key, out Tensor? given) ? $"was {Describe(given)}" : "is missing")),
            .. state.Keys.Where(key => !own.ContainsKey(key)).Select(key => $"{key} belongs to no parameter")];
        if (faults.Length > 0)
            throw new ArgumentException($"the optimiser state does not fit the model: {string.Join("; ", faults)}", nameof(state));
        using IDisposable noGrad = no_grad();
        foreach ((string key, Tensor tensor) in own)
            tensor.copy_(state[key]);
    }

    /// <summary>Frees the moments and the step counts.</summary>
    public void Dispose() => _state.Dispose();

    /// <summary>One call over all parameters.</summary>
    /// <param name="tensors">Of one device.</param>
    /// <param name="steps">Of each parameter, a float32 scalar on that device, which counts this step already.</param>
    /// <param name="rates">Rates of this step.</param>
    internal static void Fused(AdamWTensors tensors, Tensor[] steps, AdamWRates rates) => Run("aten::_fused_adamw_",
        Argument(tensors.Parameters), Argument(tensors.Gradients), Argument(tensors.FirstMoments), Argument(tensors.SecondMoments),
            Argument(default(ReadOnlySpan<Tensor>)),
        Argument(steps), Argument(rates.LearningRate), Argument(rates.Beta1), Argument(rates.Beta2), Argument(rates.WeightDecay),
            Argument(rates.Epsilon),
        Argument(false), Argument(false), None, None);

    private static bool Fits(Tensor own, Tensor? given) => given is not null && own.dtype == given.dtype && own.shape.SequenceEqual(given.shape);

    private static string Describe(Tensor tensor) => $"{tensor.dtype} [{string.Join(", ", tensor.shape)}]";
}

/// <summary>Rates of AdamW; the defaults are those of torch.optim.AdamW.</summary>
internal sealed record AdamWRates
{
    /// <summary>Step size; ≥ 0.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Decay of the first moment, in [0, 1).</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the second moment, in [0, 1).</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the second moment; &gt; 0.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Decoupled weight decay: a step multiplies the parameter by 1 − rate · decay.</summary>
    public double WeightDecay { get; init; } = 0.01;
}

/// <summary>The tensors of one AdamW step; entry i of each belongs to parameter i.</summary>
/// <param name="Parameters">Written in place.</param>
/// <param name="Gradients">Read.</param>
/// <param name="FirstMoments">Running mean of the gradient, written in place.</param>
/// <param name="SecondMoments">Running mean of the squared gradient, written in place.</param>
internal sealed record AdamWTensors(Tensor[] Parameters, Tensor[] Gradients, Tensor[] FirstMoments, Tensor[] SecondMoments);
