using Alignment.Kernels.Attention;
using Alignment.Kernels.Native;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Kernels.Native;

public class AtenTests
{
    private const double Epsilon = 1e-5;

    private DisposeScope _scope = null!;
    private Generator _generator = null!;

    private static IEnumerable<TestCaseData> Masks
    {
        get
        {
            foreach (long keyHeads in new[] { 1L, 2, 4 })
                foreach (string mask in new[] { "none", "causal", "bias", "scale" })
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

    [Test]
    public void Rms_norm_of_three_and_four_divides_by_the_root_of_twelve_and_a_half()
    {
        Tensor normal = Aten.RmsNorm(tensor(new[] { 3.0, 4.0 }), tensor(new[] { 1.0, 2.0 }), 1e-30);
        Assert.That(normal.data<double>().ToArray(), Is.EqualTo(new[] { 3 / Math.Sqrt(12.5), 8 / Math.Sqrt(12.5) }).Within(1e-12));
    }

    [Test]
    public void Rms_norm_and_its_gradients_are_those_of_the_plain_twin()
    {
        Tensor x = Random(3, 5, 8), weight = Random(8), direction = Random(3, 5, 8);
        Same([x, weight], inputs => Aten.RmsNorm(inputs[0], inputs[1], Epsilon), inputs => PlainAten.RmsNorm(inputs[0], inputs[1], Epsilon),
            direction);
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
            "scale" => new() { Causal = true, Scale = 0.7 },
            _ => new(),
        };
        Same([query, key, value], inputs => Aten.ScaledDotProductAttention(inputs[0], inputs[1], inputs[2], mask),
            inputs => PlainAten.ScaledDotProductAttention(inputs[0], inputs[1], inputs[2], mask), direction);
    }

    [Test]
    public void Embedding_and_its_gradient_are_those_of_index_select()
    {
        Tensor indices = tensor(new long[] { 3, 0, 3, 2 });
        Same([Random(5, 3)], inputs => Aten.Embedding(inputs[0], indices), inputs => inputs[0].index_select(0, indices), Random(4, 3));
    }

    [Test]
    public void A_refused_call_names_the_operator() =>
        Assert.That(() => Aten.RmsNorm(ones(2, 3), ones(4), Epsilon), Throws.InvalidOperationException
            .With.Message.EqualTo("libtorch refused aten::rms_norm; the reason is on standard error"));

    [Test]
    public void Calls_leave_nothing_but_their_results_alive()
    {
        Tensor query = Random(2, 4, 5, 8), key = Random(2, 2, 5, 8), weight = Random(8);
        DisposeScopeManager.Statistics.Reset();
        Aten.RmsNorm(query, weight, Epsilon);
        Aten.ScaledDotProductAttention(query, key, key, new AttentionMask { Causal = true, Scale = 1 });
        Aten.Multiply([query, key], weight[0]);
        Assert.That(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Is.EqualTo(3), "two results and weight[0]");
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
