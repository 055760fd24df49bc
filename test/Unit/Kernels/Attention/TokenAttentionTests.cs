using Alignment.Kernels.Attention;
using Alignment.Kernels.Native;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Kernels.Attention;

public class TokenAttentionTests
{
    private DisposeScope _scope = null!;
    private Generator _generator = null!;

    [SetUp]
    public void Open()
    {
        if (!Simd.Fast)
            Assert.Ignore("this processor has no AVX2, which the kernel is for");
        _scope = NewDisposeScope();
        _generator = new Generator(12);
    }

    [TearDown]
    public void Free()
    {
        _scope?.Dispose();
        _generator?.Dispose();
    }

    // keys and values are views of a cache that has room for more, and each row has padding of its own
    [Test]
    public void The_mix_is_the_twins([Values(1, 5, 16, 70)] long keys, [Values(1, 2, 6)] long group, [Values(16, 96)] long width)
    {
        const long Rows = 3, KeyHeads = 2, Capacity = 80;
        Tensor query = Random(Rows, 1, KeyHeads * group, width).transpose(1, 2);
        Tensor key = Random(Rows, KeyHeads, Capacity, width).narrow(2, 0, keys), value = Random(Rows, KeyHeads, Capacity, width).narrow(2, 0, keys);
        var mask = new AttentionMask { Bias = Bias(Rows, keys) };
        Tensor expected = ScaledDotProductAttention.Plain(query.to(ScalarType.Float64), key.to(ScalarType.Float64), value.to(ScalarType.Float64),
            new AttentionMask { Bias = mask.Bias.to(ScalarType.Float64) });
        using IDisposable noGrad = no_grad();
        Assert.That(TokenAttention.Serves(query, key, mask));
        Tensor mixed = ScaledDotProductAttention.OfToken(query, key, value, mask);
        Assert.That(mixed.shape, Is.EqualTo(new[] { Rows, KeyHeads, group, width }));
        Assert.That((mixed.reshape(Rows, KeyHeads * group, 1, width) - expected).abs().max().item<double>(), Is.LessThan(3e-6));
    }

    [Test]
    public void The_mix_is_the_same_bit_for_bit_on_any_number_of_threads()
    {
        Tensor query = Random(6, 4, 1, 64), key = Random(6, 2, 200, 64), value = Random(6, 2, 200, 64), bias = Bias(6, 200);
        int threads = get_num_threads();
        try
        {
            set_num_threads(1);
            Tensor one = TokenAttention.Of(query, key, value, bias);
            set_num_threads(3);
            Assert.That(TokenAttention.Of(query, key, value, bias).equal(one).all().item<bool>());
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    [Test]
    public void Only_one_token_of_each_row_without_a_gradient_or_a_cap_is_served()
    {
        Tensor query = Random(2, 4, 1, 16), key = Random(2, 2, 3, 16);
        var mask = new AttentionMask { Bias = Bias(2, 3) };
        Assert.That(TokenAttention.Serves(query, key, mask), Is.False, "a gradient may be asked for");
        using IDisposable noGrad = no_grad();
        Assert.That(TokenAttention.Serves(query, key, mask));
        Assert.That(TokenAttention.Serves(Random(2, 4, 2, 16), key, mask), Is.False);
        Assert.That(TokenAttention.Serves(Random(2, 4, 1, 24), Random(2, 2, 3, 24), mask), Is.False, "not of whole vectors");
        Assert.That(TokenAttention.Serves(query, key, mask with { Cap = 5 }), Is.False);
        Assert.That(TokenAttention.Serves(query, key, new() { Causal = true }), Is.False);
        Assert.That(TokenAttention.Serves(query.to(ScalarType.BFloat16), key.to(ScalarType.BFloat16), mask), Is.False);
    }

    // a row sees its last token, and of the others one more than the row before
    private static Tensor Bias(long rows, long keys)
    {
        Tensor places = arange(keys).unsqueeze(0), seen = places.le(arange(rows).unsqueeze(1)).logical_or(places.eq(keys - 1));
        return zeros(rows, keys).masked_fill_(seen.logical_not(), double.NegativeInfinity).view(rows, 1, 1, keys);
    }

    private Tensor Random(params long[] shape) => randn(shape, generator: _generator);
}
