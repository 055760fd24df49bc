using Alignment.Kernels.LogProbs;
using Alignment.Kernels.Native;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Kernels.LogProbs;

public class ChunkedLogProbsTests
{
    private const long Tokens = 10, Width = 4, Vocabulary = 7;

    private DisposeScope _scope = null!;
    private Generator _generator = null!;

    [SetUp]
    public void Open()
    {
        _scope = NewDisposeScope();
        _generator = new Generator(21);
    }

    [TearDown]
    public void Free()
    {
        _scope.Dispose();
        _generator.Dispose();
    }

    // one row at a time, a chunk that leaves a rest, one that does not, all at once
    [Test]
    public void Values_and_gradients_do_not_depend_on_the_chunk(
        [Values(1L, 3 * Vocabulary, 5 * Vocabulary + 6, 1L << 20)] long elements, [Values(null, 1.5)] double? cap)
    {
        Tensor rows = randn([Tokens, Width], ScalarType.Float64, generator: _generator);
        Tensor head = randn([Vocabulary, Width], ScalarType.Float64, generator: _generator);
        Tensor targets = randint(0, Vocabulary, [Tokens], ScalarType.Int64, generator: _generator);
        Tensor weights = randn([Tokens], ScalarType.Float64, generator: _generator);
        Tensor chunkedRows = rows.clone().requires_grad_(true), chunkedHead = head.clone().requires_grad_(true);
        Tensor chunked = ChunkedLogProbs.Of(chunkedRows, new LogitHead(chunkedHead, cap), targets, elements);
        rows.requires_grad_(true);
        head.requires_grad_(true);
        Tensor plain = nn.functional.log_softmax(LogitHead.Capped(nn.functional.linear(rows, head), cap), -1).gather(1, targets.unsqueeze(1)).squeeze(1);
        chunked.mul(weights).sum().backward();
        plain.mul(weights).sum().backward();
        BackwardFailure.Rethrow();
        Assert.That((chunked - plain).abs().max().item<double>(), Is.LessThan(1e-13));
        Assert.That((chunkedRows.grad! - rows.grad!).abs().max().item<double>(), Is.LessThan(1e-13));
        Assert.That((chunkedHead.grad! - head.grad!).abs().max().item<double>(), Is.LessThan(1e-13));
    }

    [TestCase(1, 1, 1, 1 << 24, TestName = "A_small_product_fits_in_a_chunk")]
    [TestCase(2048, 512, 32064, 1 << 24, TestName = "More_tokens_than_the_head_is_wide_are_cut_into_chunks")]
    [TestCase(512, 512, 128256, 512 * 128256, TestName = "Logits_no_larger_than_the_head_are_all_kept")]
    public void Logits_are_kept_while_they_are_no_more_than_a_chunk_or_the_head(long tokens, long width, long vocabulary, long elements) =>
        Assert.That(ChunkedLogProbs.Kept(empty(1).expand(tokens, width), empty(1).expand(vocabulary, width)), Is.EqualTo(elements));

    [Test]
    public void Huge_logits_neither_overflow_nor_lose_the_difference()
    {
        Tensor logits = tensor(new[,] { { 1e4f, 1e4f - 1, -1e4f } });
        Tensor logProb = ChunkedLogProbs.Of(logits, eye(3), tensor(new long[] { 1 }));
        Assert.That(logProb.item<float>(), Is.EqualTo(-1 - Math.Log(1 + Math.Exp(-1))).Within(1e-3)); // a float32 near 10⁴ has steps of 10⁻³
    }

    [Test]
    public void Tokens_of_probability_zero_have_log_probability_minus_infinity_and_harm_no_other()
    {
        Tensor rows = ones(2, 1), head = tensor(new[,] { { 0f }, { float.NegativeInfinity }, { 0f } });
        Tensor logProbs = ChunkedLogProbs.Of(rows, head, tensor(new long[] { 0, 1 }));
        Assert.That(logProbs[0].item<float>(), Is.EqualTo(-Math.Log(2)).Within(1e-6));
        Assert.That(logProbs[1].item<float>(), Is.EqualTo(float.NegativeInfinity));
    }

    [TestCase(ScalarType.BFloat16)]
    [TestCase(ScalarType.Float16)]
    public void Logits_of_narrow_factors_are_float32(ScalarType type)
    {
        Tensor rows = randn([Tokens, Width], generator: _generator).to(type).requires_grad_(true);
        Tensor head = randn([Vocabulary, Width], generator: _generator).to(type);
        Tensor targets = zeros(Tokens, ScalarType.Int64);
        Tensor logProbs = ChunkedLogProbs.Of(rows, head, targets, 3 * Vocabulary);
        Tensor logits = nn.functional.linear(rows.detach().to(ScalarType.Float32), head.to(ScalarType.Float32));
        Tensor expected = nn.functional.log_softmax(logits, -1).gather(1, targets.unsqueeze(1)).squeeze(1);
        Assert.That((logProbs - expected).abs().max().item<float>(), Is.LessThan(1e-6f));
        logProbs.sum().backward();
        BackwardFailure.Rethrow();
        Assert.That(rows.grad!.dtype, Is.EqualTo(type));
    }

    [Test]
    public void The_gradient_of_a_narrow_head_is_added_up_in_float32()
    {
        const int Rows = 800;
        Tensor rows = (1 + 0.1 * randn([Rows, Width], generator: _generator)).to(ScalarType.BFloat16);
        Tensor head = (0.1 * randn([Vocabulary, Width], generator: _generator)).to(ScalarType.BFloat16).requires_grad_(true);
        Tensor wide = head.detach().to(ScalarType.Float32).requires_grad_(true), targets = zeros(Rows, ScalarType.Int64);
        ChunkedLogProbs.Of(rows, head, targets, 4 * Vocabulary).sum().backward(); // bands of few rows
        ChunkedLogProbs.Of(rows.to(ScalarType.Float32), wide, targets).sum().backward();
        BackwardFailure.Rethrow();
        Assert.That((head.grad!.to(ScalarType.Float32) - wide.grad!).abs().max().item<float>() / wide.grad!.abs().max().item<float>(), Is.LessThan(4e-3f), "one rounding");
    }

    [Test]
    public void A_second_backward_pass_over_the_same_graph_adds_the_same_gradient_again([Values(3 * Vocabulary, 1L << 20)] long elements)
    {
        Tensor rows = randn([Tokens, Width], generator: _generator).requires_grad_(true);
        Tensor head = randn([Vocabulary, Width], generator: _generator);
        Tensor sum = ChunkedLogProbs.Of(rows, head, zeros(Tokens, ScalarType.Int64), elements).sum();
        autograd.backward([sum], retain_graph: true);
        Tensor once = rows.grad!.clone();
        sum.backward();
        BackwardFailure.Rethrow();
        Assert.That((rows.grad! - 2 * once).abs().max().item<float>(), Is.LessThan(1e-6f));
    }

    [Test]
    public void Both_passes_leave_nothing_but_the_gradients_alive()
    {
        Tensor rows = randn([Tokens, Width], generator: _generator).requires_grad_(true);
        Tensor head = randn([Vocabulary, Width], generator: _generator).requires_grad_(true);
        Tensor targets = zeros(Tokens, ScalarType.Int64);
        Step(); // the first call makes statics and the gradients
        DisposeScopeManager.Statistics.Reset();
        Step();
        Assert.That(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Is.Zero);

        void Step()
        {
            using var scope = NewDisposeScope();
            ChunkedLogProbs.Of(rows, head, targets, 3 * Vocabulary).sum().backward();
        }
    }
}
