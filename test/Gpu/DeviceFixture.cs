using Alignment.Files;
using Alignment.Harness;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Gpu;

/// <summary>
/// Comparisons of a device with the CPU. Every fixture runs twice: on CUDA (category Gpu), and with the CPU in its place (category OnCpu), so that
/// the comparing code itself is exercised on every machine.
/// </summary>
[TestFixture("cpu", Category = "OnCpu"), TestFixture("cuda", Category = "Gpu"), NonParallelizable]
public abstract class DeviceFixture(string kind)
{
    private DisposeScope? _scope;

    /// <summary>What is compared with the CPU.</summary>
    protected Device Device { get; private set; } = CPU;

    [OneTimeSetUp]
    public void FindDevice()
    {
        set_num_threads(1); // the models are so small that more threads only wait for each other
        if (kind == "cpu")
            return;
        string name = Parameters.Text("Device") ?? "cuda:0";
        CudaDevice.Require(name);
        Device = device(name);
    }

    [SetUp]
    public void Open() => _scope = NewDisposeScope();

    [TearDown]
    public void Free() => _scope?.Dispose();

    /// <summary>Standard normal numbers of a named stream, float32 on the CPU.</summary>
    protected static Tensor Normal(string stream, params long[] shape)
    {
        var random = new SeededRandom(17, "gpu/" + stream);
        float[] values = new float[shape.Aggregate(1L, (product, size) => product * size)];
        for (int i = 0; i < values.Length; i++)
            values[i] = (float)random.NextNormal();
        return tensor(values, shape);
    }

    /// <summary>A copy on a device in a dtype that takes gradients of its own.</summary>
    protected static Tensor Leaf(Tensor values, Device device, ScalarType type = ScalarType.Float32) =>
        values.to(type).to(device).detach().clone().requires_grad_();
}
