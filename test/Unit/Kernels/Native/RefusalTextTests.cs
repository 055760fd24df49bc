using Alignment.Kernels.Native;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Kernels.Native;

[NonParallelizable]
public class RefusalTextTests
{
    [TearDown]
    public void Rest() => RefusalText.IsRead = false;

    [Test]
    public void A_refused_call_says_why_while_that_is_read_and_no_longer_than_that()
    {
        using var scope = NewDisposeScope();
        Tensor table = zeros(2, 3), beyond = tensor(new[] { 5L });
        RefusalText.IsRead = true;
        Assert.That(() => Aten.Embedding(table, beyond), Throws.InvalidOperationException.With.Message.EqualTo("libtorch refused aten::embedding: index out of range in self"));
        Assert.That(Aten.Embedding(table, tensor(new[] { 1L })).shape, Is.EqualTo(new long[] { 1, 3 }), "the next call is as any other");
        RefusalText.IsRead = false;
        Assert.That(() => Aten.Embedding(table, beyond), Throws.InvalidOperationException.With.Message.EqualTo("libtorch refused aten::embedding; the reason is on standard error"));
    }

    [Test]
    public void Calls_on_several_threads_keep_standard_error_apart()
    {
        RefusalText.IsRead = true;
        Parallel.For(0, 200, _ =>
        {
            using var scope = NewDisposeScope();
            Assert.That(Aten.Embedding(ones(2, 3), tensor(new[] { 1L })).sum().item<float>(), Is.EqualTo(3));
        });
        Assert.That(new FileInfo("/proc/self/fd/2").ResolveLinkTarget(returnFinalTarget: false)!.FullName, Does.Not.Contain("memfd"));
    }
}
