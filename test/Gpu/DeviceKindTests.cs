using NUnit.Framework;

namespace Alignment.Tests.Gpu;

public class DeviceKindTests
{
    [TestCase("NVIDIA H100 80GB HBM3", "nvidia-h100-80gb-hbm3")]
    [TestCase("Tesla T4", "tesla-t4")]
    [TestCase("NVIDIA A100-SXM4-40GB MIG 1g.5gb", "nvidia-a100-sxm4-40gb-mig-1g-5gb")]
    public void A_kind_of_device_is_named_for_files(string name, string expected) => Assert.That(DeviceKind.Slug(name), Is.EqualTo(expected));

    [Test]
    public void The_processor_is_one_kind() => Assert.That(DeviceKind.Of("cpu"), Is.EqualTo("cpu"));
}
