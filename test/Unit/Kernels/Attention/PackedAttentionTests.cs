using Alignment.Kernels.Attention;
using Alignment.Kernels.Native;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Kernels.Attention;

public class PackedAttentionTests
{
    // a pair with a shared prompt of 3, a single token, another pair whose second response has one token
    private static readonly PackedSpan[] s_spans = [new(0, 7), new(7, 5, 0, 3), new(12, 1), new(13, 4), new(17, 1, 13, 2)];
    private const long Tokens = 18, HeadWidth = 8;

    private DisposeScope _scope = null!;
    private Generator _generator = null!;

    [SetUp]
    public void Open()
    {
        _scope = NewDisposeScope();
        _generator = new Generator(6);
    }

    [TearDown]
    public void Free()
    {
        _scope.Dispose();
        _generator.Dispose();
    }

    [Test]
    public void A_span_behind_another_prompt_than_its_own_is_refused() =>
        Assert.That(() => PackedMasks.Of([new(0, 3), new(3, 3), new(6, 2, 0, 2)], null, zeros(1)),
            Throws.ArgumentException.With.Message.StartWith("span 2 must follow those that share its prompt, and 1 holds another"));

    [Test]
    public void Values_and_gradients_are_those_of_the_plain_twin([Values(1L, 2, 4)] long keyHeads)
    {
        Tensor[] own = Inputs(keyHeads), plain = [.. own.Select(one => one.detach().clone().requires_grad_())];
        Tensor direction = Random(1, 4, Tokens, HeadWidth);
        Tensor mixed = PackedAttention.Of(own[0], own[1], own[2], PackedMasks.Of(s_spans, null, own[0]));
        Tensor expected = PackedAttention.Plain(plain[0], plain[1], plain[2], s_spans);
        mixed.mul(direction).sum().backward();
        expected.mul(direction).sum().backward();
        BackwardFailure.Rethrow();
        Assert.That((mixed - expected).abs().max().item<double>(), Is.LessThan(1e-12));
        foreach ((Tensor a, Tensor b) in own.Zip(plain))
            Assert.That((a.grad! - b.grad!).abs().max().item<double>(), Is.LessThan(1e-12));
    }

    [Test]
    public void Without_gradients_the_values_are_the_same_bits()
    {
        Tensor[] inputs = Inputs(2);
        PackedMasks masks = PackedMasks.Of(s_spans, null, inputs[0]);
        Tensor mixed = PackedAttention.Of(inputs[0], inputs[1], inputs[2], masks);
        using IDisposable noGrad = no_grad();
        Assert.That(PackedAttention.Of(inputs[0], inputs[1], inputs[2], masks).equal(mixed).all().item<bool>());
    }

    [Test]
    public void A_window_hides_the_keys_before_it_wherever_they_lie()
    {
        Tensor[] inputs = Inputs(4);
        Tensor windowed = PackedAttention.Of(inputs[0], inputs[1], inputs[2], PackedMasks.Of(s_spans, 2, inputs[0]));
        // token 7 follows token 2 of the shared prompt and sees it and itself; so does a sequence of the two alone
        Tensor[] two = [.. inputs.Select(one => cat([one.narrow(2, 2, 1), one.narrow(2, 7, 1)], 2))];
        Tensor alone = ScaledDotProductAttention.Plain(two[0], two[1], two[2], new AttentionMask { Causal = true });
        Assert.That((windowed.select(2, 7) - alone.select(2, 1)).abs().max().item<double>(), Is.LessThan(1e-12));
    }

    [Test]
    public void Both_passes_leave_nothing_but_the_gradients_alive()
    {
        Tensor[] inputs = Inputs(2);
        Step(); // the first call makes the gradients
        DisposeScopeManager.Statistics.Reset();
        Step();
        Assert.That(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Is.Zero);

        void Step()
        {
            using var scope = NewDisposeScope();
            PackedAttention.Of(inputs[0], inputs[1], inputs[2], PackedMasks.Of(s_spans, null, inputs[0])).sum().backward();
        }
    }

    private Tensor[] Inputs(long keyHeads) =>
        [Random(1, 4, Tokens, HeadWidth).requires_grad_(), Random(1, keyHeads, Tokens, HeadWidth).requires_grad_(), Random(1, keyHeads, Tokens, HeadWidth).requires_grad_()];

    private Tensor Random(params long[] shape) => randn(shape, ScalarType.Float64, generator: _generator);
}
