using Alignment.Kernels.Native;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Kernels.Native;

/// <summary>Settings of the whole process: each test leaves them as they were.</summary>
[NonParallelizable]
public class ArithmeticTests
{
    [Test]
    public void Deterministic_algorithms_are_switched_on_and_off()
    {
        Assert.That(Arithmetic.Deterministic, Is.False, "nobody asked for them");
        try
        {
            Arithmetic.Deterministic = true;
            Assert.That(Arithmetic.Deterministic);
            using Tensor room = empty(1000);
            Assert.That(room.isnan().all().item<bool>(), Is.False, "new memory is not filled");
        }
        finally
        {
            Arithmetic.Deterministic = false;
        }
        Assert.That(Arithmetic.Deterministic, Is.False);
    }

    [Test]
    public void Tf32_is_off_until_it_is_asked_for()
    {
        bool before = Arithmetic.Tf32;
        try
        {
            Arithmetic.Tf32 = true;
            Assert.That((Arithmetic.Tf32, backends.cudnn.allow_tf32), Is.EqualTo((true, true)));
            Arithmetic.Tf32 = false;
            Assert.That((Arithmetic.Tf32, backends.cudnn.allow_tf32), Is.EqualTo((false, false)));
        }
        finally
        {
            Arithmetic.Tf32 = before;
        }
    }
}
