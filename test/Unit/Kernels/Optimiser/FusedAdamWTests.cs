using Alignment.Kernels.Optimiser;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Kernels.Optimiser;

public class FusedAdamWTests
{
    private static readonly AdamWRates s_rates = new() { WeightDecay = 0.1 };

    private DisposeScope _scope = null!;
    private Generator _generator = null!;

    [SetUp]
    public void Open()
    {
        _scope = NewDisposeScope();
        _generator = new Generator(9);
    }

    [TearDown]
    public void Free()
    {
        _scope.Dispose();
        _generator.Dispose();
    }

    [Test]
    public void First_step_moves_by_the_rate_against_the_sign_after_the_decay()
    {
        Tensor parameter = tensor(new[] { 2.0, -1.0 }, requires_grad: true);
        parameter.grad = tensor(new[] { 0.5, -3.0 });
        using var optimiser = new FusedAdamW([("p", parameter)], s_rates with { Epsilon = 1e-30 });
        optimiser.Step(0.01);
        double[] expected = [2 * (1 - 0.01 * 0.1) - 0.01, -1 * (1 - 0.01 * 0.1) + 0.01]; // m / √v = sign at step 1
        Assert.That(parameter.data<double>().ToArray(), Is.EqualTo(expected).Within(1e-12));
    }

    [Test]
    public void Steps_are_those_of_the_plain_twin()
    {
        Tensor[] parameters = Parameters(), twin = [.. parameters.Select(one => one.detach().clone())];
        Tensor[] first = [.. twin.Select(one => zeros_like(one))], second = [.. twin.Select(one => zeros_like(one))];
        using FusedAdamW optimiser = Optimiser(parameters);
        for (int step = 1; step <= 4; step++)
        {
            Gradients(parameters);
            optimiser.Step(0.01 * step);
            PlainAdamW.Step(new(twin, [.. parameters.Select(one => one.grad!)], first, second), step, s_rates with { LearningRate = 0.01 * step });
        }
        for (int i = 0; i < twin.Length; i++)
            Assert.That((parameters[i] - twin[i]).abs().max().item<float>(), Is.LessThan(1e-6f));
    }

    [Test]
    public void A_parameter_without_a_gradient_stays_as_it_is()
    {
        Tensor[] parameters = Parameters();
        Tensor before = parameters[1].detach().clone();
        using FusedAdamW optimiser = Optimiser(parameters);
        parameters[0].grad = ones_like(parameters[0]);
        optimiser.Step(0.1);
        Assert.That((parameters[1] - before).abs().max().item<float>(), Is.Zero);
        Assert.That(optimiser.State()["step"].data<float>().ToArray(), Is.EqualTo(new float[] { 1, 0 }));
    }

    [Test]
    public void A_step_without_any_gradient_does_nothing()
    {
        Tensor[] parameters = Parameters();
        using FusedAdamW optimiser = Optimiser(parameters);
        optimiser.Step(0.1);
        Assert.That(optimiser.State()["step"].sum().item<float>(), Is.Zero);
    }

    [Test]
    public void A_restored_optimiser_goes_on_bit_for_bit()
    {
        Tensor[] parameters = Parameters();
        using FusedAdamW optimiser = Optimiser(parameters);
        Gradients(parameters);
        optimiser.Step(0.01);
        Tensor[] copies = [.. parameters.Select(one => one.detach().clone().requires_grad_(true))];
        using FusedAdamW restored = Optimiser(copies);
        restored.Restore(optimiser.State().ToDictionary(entry => entry.Key, entry => entry.Value.clone()));
        Gradients(parameters);
        for (int i = 0; i < copies.Length; i++)
            copies[i].grad = parameters[i].grad!.clone();
        optimiser.Step(0.01);
        restored.Step(0.01);
        for (int i = 0; i < copies.Length; i++)
            Assert.That((parameters[i] - copies[i]).abs().max().item<float>(), Is.Zero);
    }

    [Test]
    public void A_state_that_does_not_fit_is_refused_with_every_fault()
    {
        using FusedAdamW optimiser = Optimiser(Parameters());
        var state = new Dictionary<string, Tensor>(optimiser.State()) { ["exp_avg.p0"] = zeros(2), ["exp_avg.p7"] = zeros(1) };
        state.Remove("exp_avg_sq.p1");
        Assert.That(() => optimiser.Restore(state), Throws.ArgumentException.With.Message.StartsWith(
            "the optimiser state does not fit the model: exp_avg.p0 must be Float32 [3, 4], was Float32 [2]; "
            + "exp_avg_sq.p1 must be Float32 [5], is missing; exp_avg.p7 belongs to no parameter"));
    }

    [Test]
    public void Zeroed_gradients_stay_in_place()
    {
        Tensor[] parameters = Parameters();
        using FusedAdamW optimiser = Optimiser(parameters);
        Gradients(parameters);
        optimiser.ZeroGradients();
        Assert.That(optimiser.Gradients().Sum(gradient => gradient.abs().sum().item<float>()), Is.Zero);
        Assert.That(optimiser.Gradients(), Has.Length.EqualTo(2));
    }

    [Test]
    public void A_step_leaves_nothing_alive()
    {
        Tensor[] parameters = Parameters();
        using FusedAdamW optimiser = Optimiser(parameters);
        Gradients(parameters);
        DisposeScopeManager.Statistics.Reset();
        optimiser.Step(0.01);
        optimiser.ZeroGradients();
        Assert.That(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Is.Zero);
    }

    private Tensor[] Parameters() => [randn([3, 4], requires_grad: true, generator: _generator), randn([5], requires_grad: true,
        generator: _generator)];

    private void Gradients(Tensor[] parameters)
    {
        foreach (Tensor parameter in parameters)
            parameter.grad = randn(parameter.shape, generator: _generator);
    }

    private static FusedAdamW Optimiser(Tensor[] parameters) => new(parameters.Select((parameter, i) => ($"p{i}", parameter)), s_rates);
}
