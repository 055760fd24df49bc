using Alignment.Kernels.LogProbs;
using Alignment.Kernels.Native;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Kernels.LogProbs;

public class LogProbRowsTests
{
    private DisposeScope _scope = null!;
    private Generator _generator = null!;

    [SetUp]
    public void Open()
    {
        if (!Simd.Fast)
            Assert.Ignore("this processor has no vector registers of 256 bits; libtorch's operators do the work");
        _scope = NewDisposeScope();
        _generator = new Generator(5);
    }

    [TearDown]
    public void Free()
    {
        _scope?.Dispose();
        _generator?.Dispose();
    }

    [Test]
    public void Both_passes_agree_with_the_twin_in_float64(
        [Values(1, 2, 15, 16, 17, 31, 33, 768, 2047, 2048, 2049, 4113, 32064, 128256, 200000)] long vocabulary, [Values(1f, 1000f)] float scale)
    {
        long rows = vocabulary < 3000 ? 37 : 3;
        Tensor logits = randn([rows, vocabulary], generator: _generator) * scale, targets = Targets(rows, vocabulary);
        Tensor wide = logits.to(ScalarType.Float64), gradient = randn([rows], generator: _generator);
        (Tensor logProbs, Tensor normalisers) = Forward(logits, targets);
        Tensor expected = nn.functional.log_softmax(wide, -1).gather(1, targets.unsqueeze(1)).squeeze(1);
        Assert.That((logProbs - expected).abs().max().item<double>(), Is.LessThan(4e-6 * Math.Max(1, scale)));
        LogProbRows.Backward(logits, targets, 0, new(normalisers, gradient));
        Tensor slope = wide.softmax(-1).neg().scatter_add(1, targets.unsqueeze(1), ones(rows, 1, ScalarType.Float64)) * gradient.unsqueeze(1);
        Assert.That((logits - slope).abs().max().item<double>(), Is.LessThan(1e-6 * Math.Max(1, scale)));
    }

    [Test]
    public void The_readable_twin_gives_the_same_numbers()
    {
        Tensor logits = randn([9, 100], generator: _generator), targets = Targets(9, 100), gradient = randn([9], generator: _generator);
        Tensor twinLogits = logits.clone();
        TokenSums twin = Nothing(9);
        (Tensor logProbs, Tensor normalisers) = Forward(logits, targets);
        PlainLogProbRows.Add(twinLogits, targets, 0, twin);
        Assert.That((logProbs - twin.LogProbs()).abs().max().item<float>(), Is.LessThan(2e-6f));
        Assert.That((normalisers - twin.Normalisers).abs().max().item<double>(), Is.LessThan(2e-6));
        LogProbRows.Backward(logits, targets, 0, new(normalisers, gradient));
        PlainLogProbRows.Backward(twinLogits, targets, 0, new(twin.Normalisers, gradient));
        Assert.That((logits - twinLogits).abs().max().item<float>(), Is.LessThan(1e-6f));
    }

    [Test]
    public void Tiles_of_the_vocabulary_add_up_to_the_whole([Values(1, 16, 40)] int width, [Values] bool plain)
    {
        Tensor logits = randn([5, 100], generator: _generator) * 10, targets = Targets(5, 100), gradient = randn([5], generator: _generator);
        (Tensor logProbs, Tensor normalisers) = Forward(logits, targets);
        TokenSums sums = Nothing(5);
        Tensor[] tiles = [.. Enumerable.Range(0, (100 + width - 1) / width).Select(i => logits.narrow(1, i * width, Math.Min(width, 100 - i * width)).clone())];
        for (int i = 0; i < tiles.Length; i++)
        {
            Action<Tensor, Tensor, long, TokenSums> add = plain ? PlainLogProbRows.Add : LogProbRows.Add;
            add(tiles[i], targets, i * width, sums);
        }
        Assert.That((sums.LogProbs() - logProbs).abs().max().item<float>(), Is.LessThan(4e-6f));
        for (int i = 0; i < tiles.Length; i++)
        {
            Action<Tensor, Tensor, long, TokenSlopes> backward = plain ? PlainLogProbRows.Backward : LogProbRows.Backward;
            backward(tiles[i], targets, i * width, new(sums.Normalisers, gradient));
        }
        LogProbRows.Backward(logits, targets, 0, new(normalisers, gradient));
        Assert.That((cat(tiles, 1) - logits).abs().max().item<float>(), Is.LessThan(2e-6f));
    }

    [Test]
    public void A_tile_of_impossible_tokens_changes_nothing([Values] bool first)
    {
        Tensor logits = randn([2, 30], generator: _generator), impossible = full([2, 20], float.NegativeInfinity), targets = tensor(new long[] { 3, 7 });
        TokenSums alone = Nothing(2), sums = Nothing(2);
        LogProbRows.Add(logits, targets, 0, alone);
        if (first)
            LogProbRows.Add(impossible, targets, 30, sums);
        LogProbRows.Add(logits, targets, 0, sums);
        if (!first)
            LogProbRows.Add(impossible, targets, 30, sums);
        Assert.That(sums.LogProbs().equal(alone.LogProbs()).all().item<bool>());
    }

    // a whole first block of impossible tokens must not turn the row into NaN
    [TestCase(40, 3)]
    [TestCase(5000, 4500)]
    public void Impossible_tokens_have_probability_zero(long vocabulary, long possible)
    {
        Tensor logits = full([1, vocabulary], float.NegativeInfinity), targets = tensor(new[] { possible });
        logits[0, possible] = 2f;
        logits[0, vocabulary - 1] = 2f;
        (Tensor logProbs, Tensor normalisers) = Forward(logits, targets);
        Assert.That(logProbs.item<float>(), Is.EqualTo(-Math.Log(2)).Within(1e-6));
        LogProbRows.Backward(logits, targets, 0, new(normalisers, ones(1)));
        Assert.That(logits.sum().item<float>(), Is.Zero.Within(1e-6));
        Assert.That(logits[0, possible].item<float>(), Is.EqualTo(0.5).Within(1e-6));
    }

    [Test]
    public void A_logit_that_is_not_a_number_makes_its_row_not_a_number([Values(0, 17, 2100)] long place)
    {
        Tensor logits = randn([2, 2500], generator: _generator);
        logits[0, place] = float.NaN;
        (Tensor logProbs, _) = Forward(logits, tensor(new long[] { 1, 1 }));
        Assert.That(logProbs[0].item<float>(), Is.NaN);
        Assert.That(logProbs[1].item<float>(), Is.Not.NaN);
    }

    [Test]
    public void A_logit_that_is_not_a_number_is_found_among_impossible_tokens([Values(0, 40, 49)] long place)
    {
        Tensor logits = full([1, 50], float.NegativeInfinity);
        logits[0, place] = float.NaN;
        Assert.That(Forward(logits, tensor(new long[] { 1 })).LogProbs.item<float>(), Is.NaN);
    }

    // the sum starts relative to the first block's largest logit
    [Test]
    public void A_later_block_may_hold_far_larger_logits_than_the_first([Values(10f, 59f, 61f, 1e4f)] float above)
    {
        Tensor logits = randn([2, 5000], generator: _generator);
        logits[.., 4000..].add_(above);
        Tensor targets = tensor(new long[] { 3, 4500 });
        Tensor expected = nn.functional.log_softmax(logits.to(ScalarType.Float64), -1).gather(1, targets.unsqueeze(1)).squeeze(1);
        Assert.That((Forward(logits, targets).LogProbs - expected).abs().max().item<double>(), Is.LessThan(1e-6 * Math.Max(4, above)));
    }

    [Test, NonParallelizable]
    public void The_number_of_threads_does_not_change_a_bit()
    {
        Tensor logits = randn([64, 4001], generator: _generator), targets = Targets(64, 4001);
        int threads = get_num_threads();
        try
        {
            set_num_threads(1);
            (Tensor one, _) = Forward(logits, targets);
            set_num_threads(3);
            (Tensor three, _) = Forward(logits, targets);
            Assert.That(one.data<float>().ToArray(), Is.EqualTo(three.data<float>().ToArray()));
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    private static (Tensor LogProbs, Tensor Normalisers) Forward(Tensor logits, Tensor targets)
    {
        TokenSums sums = Nothing(targets.shape[0]);
        LogProbRows.Add(logits, targets, 0, sums);
        return (sums.LogProbs(), sums.Normalisers);
    }

    private static TokenSums Nothing(long rows) => new(empty(rows), full(rows, double.NegativeInfinity, ScalarType.Float64));

    private Tensor Targets(long rows, long vocabulary) => randint(0, vocabulary, [rows], ScalarType.Int64, generator: _generator);
}
