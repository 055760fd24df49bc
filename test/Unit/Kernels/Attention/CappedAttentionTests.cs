using Alignment.Kernels.Attention;
using Alignment.Kernels.Native;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Kernels.Attention;

public class CappedAttentionTests
{
    private const double Cap = 1.5;

    // a sequence of eleven, two more responses to its first five tokens, a single token, another sequence
    private static readonly PackedSpan[] s_spans = [new(0, 11), new(11, 7, 0, 5), new(18, 1, 0, 5), new(19, 1), new(20, 6)];
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
    public void Rows_agree_with_the_plain_twin_whatever_is_held_at_once([Values(1, 100, 1 << 20)] int elements, [Values] bool causal, [Values(1L, 4)] long keyHeads)
    {
        Tensor bias = zeros(3, 1, 7, 7).masked_fill(arange(7).lt(tensor(new long[] { 0, 2, 5 }).view(3, 1, 1, 1)), -1e9);
        AttentionMask mask = causal ? new() { Causal = true, Cap = Cap } : new() { Bias = bias, Cap = Cap };
        Agree([Random(3, 4, 7, 10), Random(3, keyHeads, 7, 10), Random(3, keyHeads, 7, 10)], inputs => CappedAttention.Of(inputs[0], inputs[1], inputs[2], mask, elements),
            inputs => ScaledDotProductAttention.Plain(inputs[0], inputs[1], inputs[2], mask with { Bias = mask.Bias?.to(ScalarType.Float64) }));
    }

    [Test]
    public void A_single_query_reads_a_bias_of_one_row()
    {
        var mask = new AttentionMask { Bias = Random(2, 1, 1, 9), Cap = Cap };
        Agree([Random(2, 3, 1, 8), Random(2, 3, 9, 8), Random(2, 3, 9, 8)], inputs => ScaledDotProductAttention.Of(inputs[0], inputs[1], inputs[2], mask),
            inputs => ScaledDotProductAttention.Plain(inputs[0], inputs[1], inputs[2], mask with { Bias = mask.Bias!.to(ScalarType.Float64) }));
    }

    [Test]
    public void Spans_agree_with_the_plain_twin_in_both_kernels([Values] bool inOneLoop, [Values(8L, 10, 33)] long width)
    {
        Tensor like = zeros(1);
        PackedMasks masks = (inOneLoop ? PackedMasks.Of(s_spans, null, like) : PackedMasks.Long(s_spans, null, like)) with { Cap = Cap };
        Assert.That(masks.Short, Is.EqualTo(inOneLoop && Simd.Fast));
        Agree([Random(1, 4, 26, width), Random(1, 2, 26, width), Random(1, 2, 26, width)], inputs => PackedAttention.Of(inputs[0], inputs[1], inputs[2], masks),
            inputs => PackedAttention.Plain(inputs[0], inputs[1], inputs[2], s_spans, Cap));
    }

    [Test]
    public void Both_kernels_see_the_same_window()
    {
        Tensor[] inputs = [Random(1, 4, 26, 8), Random(1, 2, 26, 8), Random(1, 2, 26, 8)];
        Tensor one = PackedAttention.Of(inputs[0], inputs[1], inputs[2], PackedMasks.Of(s_spans, 3, inputs[0]) with { Cap = Cap });
        Tensor other = PackedAttention.Of(inputs[0], inputs[1], inputs[2], PackedMasks.Long(s_spans, 3, inputs[0]) with { Cap = Cap });
        Assert.That((one - other).abs().max().item<float>(), Is.LessThan(1e-5f));
    }

    [Test]
    public void Tanh_is_that_of_the_machine()
    {
        using IDisposable noGrad = no_grad();
        float[] found = new float[16];
        foreach (float from in new[] { -100f, -9, -1, -0.26f, -0.25f, -1e-3f, 0, 1e-20f, 0.2f, 0.25f, 0.9f, 5, 90 })
        {
            System.Runtime.Intrinsics.Vector512<float> x = System.Runtime.Intrinsics.Vector512.Create(from);
            found[0] = Simd.Tanh(x)[0];
            Assert.That(found[0], Is.EqualTo(Math.Tanh(from)).Within(1e-6 * Math.Abs(Math.Tanh(from))), $"{from}");
        }
    }

    [Test]
    public void Both_passes_leave_nothing_but_the_gradients_alive()
    {
        Tensor[] inputs = [Random(1, 4, 26, 8).requires_grad_(), Random(1, 2, 26, 8).requires_grad_(), Random(1, 2, 26, 8).requires_grad_()];
        Step(); // the first call makes the gradients
        DisposeScopeManager.Statistics.Reset();
        Step();
        Assert.That(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Is.Zero);

        void Step()
        {
            using var scope = NewDisposeScope();
            PackedMasks masks = PackedMasks.Long(s_spans, null, inputs[0]) with { Cap = Cap };
            PackedAttention.Of(inputs[0], inputs[1], inputs[2], masks).sum().backward();
        }
    }

    // values and gradients, against the twin in float64
    private static void Agree(Tensor[] inputs, Func<Tensor[], Tensor> ours, Func<Tensor[], Tensor> twin)
    {
        Tensor[] own = [.. inputs.Select(one => (one * 2).requires_grad_())], wide = [.. inputs.Select(one => (one.to(ScalarType.Float64) * 2).requires_grad_())];
        Tensor result = ours(own), expected = twin(wide), weights = arange(result.numel(), ScalarType.Float32).cos().view(result.shape);
        (result * weights).sum().backward();
        (expected * weights).sum().backward();
        BackwardFailure.Rethrow();
        Assert.That((result - expected).abs().max().item<double>(), Is.LessThan(1e-5));
        foreach ((Tensor a, Tensor b) in own.Zip(wide))
            Assert.That((a.grad! - b.grad!).abs().max().item<double>(), Is.LessThan(2e-5));
    }

    private Tensor Random(params long[] shape) => randn(shape, generator: _generator);
}
