using Alignment.Kernels.Optimiser;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Gpu;

/// <summary>Weights in bfloat16 on the device, with their float32 masters there and on the host, and the float32 run beside them.</summary>
public sealed class OptimisersOnDevice(string kind) : DeviceFixture(kind)
{
    private static readonly long[][] s_shapes = [[6, 50], [33]];
    private static readonly AdamWRates s_rates = new() { WeightDecay = 0.1 };

    [Test]
    public void Masters_there_and_on_the_host_and_the_float32_run_have_the_same_bits()
    {
        Tensor[] start = [.. s_shapes.Select((shape, i) => (Normal($"weight/{i}", shape) * 0.02).to(ScalarType.BFloat16))];
        Tensor[] there = Copies(start, ScalarType.BFloat16), hosted = Copies(start, ScalarType.BFloat16), wide = Copies(start, ScalarType.Float32);
        using IOptimiser masters = new MasterAdamW(Named(there), s_rates), host = new HostAdamW(Named(hosted), s_rates, partElements: 16), float32 = new FusedAdamW(Named(wide), s_rates);
        (Tensor[] Weights, IOptimiser Optimiser)[] runs = [(there, masters), (hosted, host), (wide, float32)];
        for (int step = 0; step < 20; step++)
        {
            Tensor[] gradients = [.. s_shapes.Select((shape, i) => Normal($"gradient/{i}/{step}", shape).to(ScalarType.BFloat16).to(Device))];
            double[] norms = [.. runs.Select(run => Step(run.Weights, run.Optimiser, gradients))];
            Assert.That(norms, Is.All.EqualTo(norms[0]));
        }
        for (int i = 0; i < start.Length; i++)
        {
            Tensor expected = wide[i].to(ScalarType.BFloat16).cpu();
            Assert.That(there[i].cpu().equal(expected).all().item<bool>(), $"weight {i}, masters on the device");
            Assert.That(hosted[i].cpu().equal(expected).all().item<bool>(), $"weight {i}, masters on the host");
        }
        Assert.That(masters.State().Values.Select(value => value.device_type), Is.All.EqualTo(Device.type));
        Assert.That(host.State().Values.Select(value => value.device_type), Is.All.EqualTo(CPU.type));
        foreach ((string name, Tensor value) in host.State())
            Assert.That(value.equal(masters.State()[name].cpu()).all().item<bool>(), name);
    }

    private double Step(Tensor[] weights, IOptimiser optimiser, Tensor[] gradients)
    {
        for (int i = 0; i < weights.Length; i++)
            weights[i].grad = gradients[i].to(weights[i].dtype).clone();
        optimiser.Gather();
        double norm = GradientNorm.Clip(optimiser.Gradients(), 3, Device);
        optimiser.Step(1e-3);
        optimiser.ReleaseGradients();
        return norm;
    }

    private Tensor[] Copies(Tensor[] start, ScalarType type) => [.. start.Select(weight => Leaf(weight, Device, type))];

    private static IEnumerable<(string, Tensor)> Named(Tensor[] weights) => weights.Select((weight, i) => ($"p{i}", weight));
}
