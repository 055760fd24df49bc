using Alignment.Kernels.Attention;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Kernels.Attention;

public class ScaledDotProductAttentionTests
{
    private DisposeScope _scope = null!;
    private Generator _generator = null!;

    private static IEnumerable<TestCaseData> Masks
    {
        get
        {
            foreach (long keyHeads in new[] { 1L, 2, 4 })
                foreach (string mask in new[] { "none", "causal", "bias" })
                    yield return new(keyHeads, mask);
        }
    }

    [SetUp]
    public void Open()
    {
        _scope = NewDisposeScope();
        _generator = new Generator(5);
    }

    [TearDown]
    public void Free()
    {
        _scope.Dispose();
        _generator.Dispose();
    }

    // [2, 1, 5, 5]: a query sees the keys up to one after its own
    private static Tensor BandBias() => zeros(2, 1, 5, 5, ScalarType.Float64).masked_fill(ones(5, 5, ScalarType.Bool).triu(2), double.NegativeInfinity);

    [TestCaseSource(nameof(Masks))]
    public void Attention_and_its_gradients_are_those_of_the_plain_twin(long keyHeads, string kind)
    {
        Tensor query = Random(2, 4, 5, 8), key = Random(2, keyHeads, 5, 8), value = Random(2, keyHeads, 5, 8), direction = Random(2, 4, 5, 8);
        AttentionMask mask = kind switch
        {
            "causal" => new() { Causal = true },
            "bias" => new() { Bias = BandBias() },
            _ => new(),
        };
        Same([query, key, value], inputs => ScaledDotProductAttention.Of(inputs[0], inputs[1], inputs[2], mask),
            inputs => ScaledDotProductAttention.Plain(inputs[0], inputs[1], inputs[2], mask), direction);
    }

    [Test]
    public void A_call_leaves_nothing_but_its_result_alive()
    {
        Tensor query = Random(2, 4, 5, 8), key = Random(2, 2, 5, 8);
        DisposeScopeManager.Statistics.Reset();
        ScaledDotProductAttention.Of(query, key, key, new AttentionMask { Causal = true });
        Assert.That(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Is.EqualTo(1));
    }

    // values and gradients along a direction, in float64
    private static void Same(Tensor[] inputs, Func<Tensor[], Tensor> fast, Func<Tensor[], Tensor> plain, Tensor direction)
    {
        Tensor[] fastInputs = [.. inputs.Select(input => input.clone().requires_grad_(true))];
        Tensor[] plainInputs = [.. inputs.Select(input => input.clone().requires_grad_(true))];
        Tensor actual = fast(fastInputs), expected = plain(plainInputs);
        Assert.That((actual - expected).abs().max().item<double>(), Is.LessThan(1e-12));
        actual.mul(direction).sum().backward();
        expected.mul(direction).sum().backward();
        for (int i = 0; i < inputs.Length; i++)
            Assert.That((fastInputs[i].grad! - plainInputs[i].grad!).abs().max().item<double>(), Is.LessThan(1e-12), $"gradient of input {i}");
    }

    private Tensor Random(params long[] shape) => randn(shape, ScalarType.Float64, generator: _generator);
}
