using Alignment.Harness;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Harness;

public class CudaDeviceTests
{
    [TestCase("cuda:0", 1), TestCase("cuda", 1), TestCase("cuda:3", 4)]
    public void A_device_the_machine_has_is_not_missing(string name, int devices) => Assert.That(CudaDevice.Missing(name, devices), Is.Null);

    [TestCase("cuda:0", 0, "libtorch sees 0 CUDA device(s), so there is no cuda:0")]
    [TestCase("cuda:2", 2, "libtorch sees 2 CUDA device(s), so there is no cuda:2")]
    [TestCase("cpu", 1, "Device=cpu names no CUDA device; give cuda:0, cuda:1, …")]
    [TestCase("cuda:x", 1, "Device=cuda:x names no CUDA device; give cuda:0, cuda:1, …")]
    public void A_device_the_machine_lacks_is_named(string name, int devices, string reason) =>
        Assert.That(CudaDevice.Missing(name, devices), Is.EqualTo(reason));

    [TestCase("cpu"), TestCase("cuda:x"), TestCase("cuda:-1"), TestCase("mps")]
    public void A_name_that_is_no_CUDA_device_fails_on_every_machine(string name) =>
        Assert.That(() => CudaDevice.Require(name), Throws.InstanceOf<AssertionException>().With.Message.Contains($"Device={name} names no CUDA device"));
}
