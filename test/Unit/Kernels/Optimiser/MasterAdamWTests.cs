using Alignment.Kernels.Optimiser;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Kernels.Optimiser;

/// <summary>Weights in bfloat16 with float32 masters, on the device and on the host, beside the float32 run that is given the same gradients.</summary>
public class MasterAdamWTests
{
    private const string OnDevice = "on the device", OnHost = "on the host", InParts = "on the host, in parts";

    private static readonly AdamWRates s_rates = new() { WeightDecay = 0.1 };
    private static readonly long[][] s_shapes = [[6, 5], [9], [1, 40]];

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
    public void The_weights_are_those_of_the_float32_run_rounded_over_200_steps([Values(OnDevice, OnHost, InParts)] string where)
    {
        Tensor[] weights = Weights(), wide = [.. weights.Select(Wide)];
        Tensor[] before = [.. weights.Select(weight => weight.detach().clone())];
        using IOptimiser optimiser = Narrow(where, weights);
        using var float32 = new FusedAdamW(Named(wide), s_rates);
        for (int step = 0; step < 200; step++)
        {
            using var scope = NewDisposeScope();
            for (int pass = 0; pass < 3; pass++)
                Backward(optimiser, weights, wide);
            double norm = GradientNorm.Clip(optimiser.Gradients(), 2, CPU);
            Assert.That(GradientNorm.Clip(float32.Gradients(), 2), Is.EqualTo(norm));
            foreach (IOptimiser one in new[] { optimiser, float32 })
            {
                one.Step(5e-7 * (1 + step % 3));
                one.ZeroGradients();
            }
            for (int i = 0; i < weights.Length; i++)
                Assert.That(weights[i].bytes.SequenceEqual(wide[i].to(ScalarType.BFloat16).bytes), $"weight {i} after step {step}");
        }
        Assert.That(before.Zip(weights, (old, now) => old.ne(now).sum().item<long>()).Sum(), Is.GreaterThan(10), "weights that have moved at all");
    }

    [Test]
    public void The_state_is_the_float32_runs_with_its_weights_as_masters([Values(OnDevice, OnHost, InParts)] string where)
    {
        Tensor[] weights = Weights(), wide = [.. weights.Select(Wide)];
        using IOptimiser optimiser = Narrow(where, weights);
        using var float32 = new FusedAdamW(Named(wide), s_rates);
        Backward(optimiser, weights, wide);
        optimiser.Step(0.01);
        float32.Step(0.01);
        Dictionary<string, Tensor> expected = new(float32.State());
        for (int i = 0; i < wide.Length; i++)
            expected.Add($"master.p{i}", wide[i]);
        Assert.That(Bytes(optimiser.State()), Is.EqualTo(Bytes(expected)));
    }

    [Test]
    public void Without_masters_a_small_step_is_lost()
    {
        Tensor[] weights = Weights(), alone = [.. weights.Select(weight => weight.detach().clone().requires_grad_(true))];
        Tensor[] before = [.. alone.Select(weight => weight.detach().clone())];
        using var rounded = new FusedAdamW(Named(alone), s_rates);
        using IOptimiser masters = Narrow(OnDevice, weights);
        for (int step = 0; step < 100; step++)
        {
            Backward(masters, weights, alone);
            masters.Step(1e-6);
            rounded.Step(1e-6);
        }
        Assert.That(before.Zip(alone, (old, now) => old.ne(now).sum().item<long>()).Sum(), Is.Zero);
        Assert.That(before.Zip(weights, (old, now) => old.ne(now).sum().item<long>()).Sum(), Is.GreaterThan(5));
    }

    [Test]
    public void Gradients_are_summed_in_float32_and_taken_from_the_weights([Values(OnDevice, OnHost, InParts)] string where)
    {
        Tensor[] weights = [ones(2, dtype: ScalarType.BFloat16)];
        using IOptimiser optimiser = Narrow(where, weights);
        for (int pass = 0; pass < 300; pass++)
        {
            weights[0].grad = tensor(new[] { 1f, 0.001f }).to(ScalarType.BFloat16);
            optimiser.Gather();
        }
        Assert.That(weights[0].grad, Is.Null);
        Assert.That(optimiser.Gradients().Single().data<float>().ToArray()[0], Is.EqualTo(300), "in bfloat16 the sum would stay at 256");
        optimiser.ZeroGradients();
        Assert.That(optimiser.Gradients().Single().abs().sum().item<float>(), Is.Zero);
        optimiser.ReleaseGradients();
        Assert.That(optimiser.Gradients(), Is.Empty);
    }

    [Test]
    public void A_weight_without_a_gradient_stays_as_it_is([Values(OnDevice, OnHost, InParts)] string where)
    {
        Tensor[] weights = Weights();
        byte[] before = weights[1].bytes.ToArray();
        using IOptimiser optimiser = Narrow(where, weights);
        weights[0].grad = ones_like(weights[0]);
        optimiser.Gather();
        optimiser.Step(0.1);
        Assert.That(weights[1].bytes.ToArray(), Is.EqualTo(before));
        Assert.That(optimiser.State()["step"].data<float>().ToArray(), Is.EqualTo(new float[] { 1, 0, 0 }));
    }

    [Test]
    public void Float32_weights_on_the_host_have_the_bits_and_the_state_of_those_on_the_device()
    {
        Tensor[] there = [.. Weights().Select(Wide)], here = [.. there.Select(weight => weight.detach().clone().requires_grad_(true))];
        using var host = new HostAdamW(Named(here), s_rates, partElements: 16);
        using var device = new FusedAdamW(Named(there), s_rates);
        for (int step = 0; step < 5; step++)
        {
            for (int i = 0; i < there.Length; i++)
            {
                Tensor gradient = randn(there[i].shape, generator: _generator);
                (there[i].grad, here[i].grad) = (gradient, gradient.clone());
            }
            host.Gather();
            host.Step(0.01);
            host.ReleaseGradients();
            device.Step(0.01);
        }
        Assert.That(Bytes(host.State()), Is.EqualTo(Bytes(device.State())));
        Assert.That(here.Select(weight => weight.bytes.ToArray()), Is.EqualTo(there.Select(weight => weight.bytes.ToArray())));
    }

    [Test]
    public void A_step_leaves_nothing_alive_and_the_end_neither([Values(OnDevice, OnHost, InParts)] string where)
    {
        Tensor[] weights = Weights();
        using (IOptimiser warm = Narrow(where, weights))
            Backward(warm, weights, []);
        DisposeScopeManager.Statistics.Reset();
        using (IOptimiser optimiser = Narrow(where, weights))
        {
            long live = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
            using (NewDisposeScope())
            {
                Backward(optimiser, weights, []);
                optimiser.ReleaseGradients();
                Backward(optimiser, weights, []);
                optimiser.Step(0.01);
                optimiser.ZeroGradients();
                optimiser.ReleaseGradients();
            }
            Assert.That(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Is.EqualTo(live));
        }
        Assert.That(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Is.Zero);
    }

    // of the size of a model's: 0.01 … 0.03 of either sign
    private Tensor[] Weights() => [.. s_shapes.Select(shape => ((0.01 + 0.02 * rand(shape, generator: _generator)) * randn(shape, generator: _generator).sign())
        .to(ScalarType.BFloat16).detach().requires_grad_(true))];

    // both weights get the same gradient; the wide ones add it up as autograd does
    private void Backward(IOptimiser optimiser, Tensor[] weights, Tensor[] wide)
    {
        for (int i = 0; i < weights.Length; i++)
        {
            Tensor gradient = (1 + 0.5 * randn(weights[i].shape, generator: _generator)).to(ScalarType.BFloat16);
            weights[i].grad = gradient;
            if (i < wide.Length)
                wide[i].grad = wide[i].grad is { } sum ? sum.add_(gradient) : gradient.to(wide[i].dtype);
        }
        optimiser.Gather();
    }

    private static Tensor Wide(Tensor weight) => weight.detach().to(ScalarType.Float32).requires_grad_(true);

    private static IOptimiser Narrow(string where, Tensor[] weights) => where switch
    {
        OnDevice => new MasterAdamW(Named(weights), s_rates),
        OnHost => new HostAdamW(Named(weights), s_rates),
        _ => new HostAdamW(Named(weights), s_rates, partElements: 16),
    };

    private static IEnumerable<(string, Tensor)> Named(Tensor[] weights) => weights.Select((weight, i) => ($"p{i}", weight));

    private static Dictionary<string, byte[]> Bytes(IReadOnlyDictionary<string, Tensor> state) => state.ToDictionary(one => one.Key, one => one.Value.bytes.ToArray());
}
