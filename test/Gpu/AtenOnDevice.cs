using Alignment.Kernels.Attention;
using Alignment.Kernels.Layers;
using Alignment.Kernels.Native;
using Alignment.Kernels.Optimiser;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Gpu;

/// <summary>The operators called through libtorch's C ABI, against their plain twins on the CPU.</summary>
public sealed class AtenOnDevice(string kind) : DeviceFixture(kind)
{
    [Test]
    public void Root_mean_square_norm_and_its_gradients([Values(ScalarType.Float32, ScalarType.BFloat16)] ScalarType type)
    {
        Tensor x = Normal("x", 5, 7, 48).to(type), weight = Normal("weight", 48).to(type);
        Tensor hereX = Leaf(x, CPU), hereWeight = Leaf(weight, CPU), thereX = Leaf(x, Device, type), thereWeight = Leaf(weight, Device, type);
        Tensor expected = RmsNorm.Plain(hereX, hereWeight, 1e-5), actual = RmsNorm.Of(thereX, thereWeight, 1e-5);
        expected.square().sum().backward();
        actual.to(ScalarType.Float32).square().sum().backward();

        Assert.That(actual.dtype, Is.EqualTo(type));
        Near.Of(type).Check(actual, expected, "norm");
        // the weight's gradient adds 35 rounded rows
        Near wide = Near.Of(type) with { Absolute = 10 * Near.Of(type).Absolute };
        wide.Check(thereX.grad, hereX.grad, "gradient of x");
        wide.Check(thereWeight.grad, hereWeight.grad, "gradient of the weight");
    }

    [Test]
    public void Embedding_and_its_gradient()
    {
        Tensor indices = tensor(new long[] { 3, 0, 3, 8, 8, 8 }, [2, 3]), weights = Normal("weights", 2, 3, 4);
        Tensor here = Leaf(Normal("table", 9, 4), CPU), there = Leaf(Normal("table", 9, 4), Device);
        Tensor expected = here.index_select(0, indices.reshape(-1)).view(2, 3, 4), actual = Aten.Embedding(there, indices.to(Device));
        (expected * weights).sum().backward();
        (actual * weights.to(Device)).sum().backward();
        Near.Float32.Check(actual, expected, "rows");
        Near.Float32.Check(there.grad, here.grad, "gradient of the table");
    }

    [TestCase(6, 9, true, false), TestCase(2, 9, true, false), TestCase(2, 9, false, true), TestCase(6, 1, false, true)]
    public void Attention_and_its_gradients(int keyHeads, int length, bool causal, bool biased)
    {
        long keys = biased ? 9 : length;
        Tensor[] inputs = [Normal("query", 2, 6, length, 16), Normal("key", 2, keyHeads, keys, 16), Normal("value", 2, keyHeads, keys, 16)];
        Tensor? bias = biased ? zeros(2, 1, length, keys).masked_fill_(ones(2, 1, length, keys, ScalarType.Bool).triu(7), double.NegativeInfinity) : null;
        Tensor[] here = [.. inputs.Select(input => Leaf(input, CPU))], there = [.. inputs.Select(input => Leaf(input, Device))];
        Tensor expected = ScaledDotProductAttention.Plain(here[0], here[1], here[2], new() { Causal = causal, Bias = bias });
        Tensor actual = ScaledDotProductAttention.Of(there[0], there[1], there[2], new() { Causal = causal, Bias = bias?.to(Device) });
        expected.square().sum().backward();
        actual.square().sum().backward();

        Near.Float32.Check(actual, expected, "attention");
        foreach ((int i, string name) in new[] { "query", "key", "value" }.Index())
            Near.Float32.Check(there[i].grad, here[i].grad, $"gradient of the {name}");
    }

    [Test]
    public void Three_steps_of_adamw_with_clipping([Values(0.5, 1e9)] double maxNorm)
    {
        string[] names = ["a", "b"];
        Tensor[] here = [.. names.Select(name => Leaf(Normal(name, 6, 5), CPU))], there = [.. names.Select(name => Leaf(Normal(name, 6, 5), Device))];
        var rates = new AdamWRates { WeightDecay = 0.1 };
        using var optimiser = new FusedAdamW(names.Zip(there), rates);
        var plain = new AdamWTensors(here, [], [.. here.Select(one => zeros_like(one))], [.. here.Select(one => zeros_like(one))]);
        for (int step = 1; step <= 3; step++)
        {
            Tensor[] gradients = [.. names.Select(name => Normal($"{name}/{step}", 6, 5))];
            foreach ((Tensor parameter, Tensor gradient) in there.Zip(gradients))
                parameter.grad = gradient.clone().to(Device); // clipped in place
            double norm = GradientNorm.Clip(optimiser.Gradients(), maxNorm), expected = GradientNorm.Clip(gradients, maxNorm);
            optimiser.Step(0.01);
            PlainAdamW.Step(plain with { Gradients = gradients }, step, rates with { LearningRate = 0.01 });
            Near.Float32.CheckNumbers([norm], [expected], "norm");
        }
        foreach ((int i, string name) in names.Index())
            Near.Float32.Check(there[i], here[i], $"parameter {name}");
        Assert.That(optimiser.State().Values.Select(value => value.device_type), Is.All.EqualTo(Device.type));
    }
}
