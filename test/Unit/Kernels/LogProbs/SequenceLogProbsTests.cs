using Alignment.Kernels.LogProbs;
using Alignment.Kernels.Native;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Kernels.LogProbs;

public class SequenceLogProbsTests
{
    private const long Sequences = 4, Length = 9, Width = 6, Vocabulary = 13;

    private DisposeScope _scope = null!;
    private Generator _generator = null!;

    [SetUp]
    public void Open()
    {
        _scope = NewDisposeScope();
        _generator = new Generator(11);
    }

    [TearDown]
    public void Free()
    {
        _scope.Dispose();
        _generator.Dispose();
    }

    [Test]
    public void Sum_of_uniform_logits_is_minus_count_times_log_vocabulary()
    {
        SequenceScores scores = SequenceLogProbs.Score(zeros(1, 3, 2), zeros(5, 2), tensor(new long[] { -100, 3, 4 }).view(1, 3));
        Assert.That(scores.Sums.item<float>(), Is.EqualTo(-2 * Math.Log(5)).Within(1e-6));
        Assert.That(scores.Counts.item<long>(), Is.EqualTo(2));
    }

    [Test]
    public void Label_of_the_first_position_is_never_scored()
    {
        SequenceScores scores = SequenceLogProbs.Score(zeros(1, 3, 2), zeros(5, 2), tensor(new long[] { 1, -100, -100 }).view(1, 3));
        Assert.That((scores.Sums.item<float>(), scores.Counts.item<long>()), Is.EqualTo((0f, 0L)));
    }

    [Test]
    public void Dtypes_are_float32_and_int64([Values(ScalarType.Float32, ScalarType.BFloat16, ScalarType.Float16)] ScalarType type)
    {
        (Tensor hidden, Tensor head, Tensor labels) = Batch();
        SequenceScores scores = SequenceLogProbs.Score(hidden.to(type), head.to(type), labels);
        Assert.That((scores.Sums.dtype, scores.Counts.dtype), Is.EqualTo((ScalarType.Float32, ScalarType.Int64)));
    }

    [Test]
    public void Scores_are_those_of_the_plain_twin()
    {
        (Tensor hidden, Tensor head, Tensor labels) = Batch();
        SequenceScores fast = SequenceLogProbs.Score(hidden, head, labels), plain = PlainLogProbs.Score(hidden, head, labels);
        Assert.That((fast.Sums - plain.Sums).abs().max().item<float>(), Is.LessThan(1e-5));
        Assert.That(fast.Counts.data<long>().ToArray(), Is.EqualTo(plain.Counts.data<long>().ToArray()));
        Assert.That(fast.Sums[Sequences - 1].item<float>(), Is.Zero, "the fully masked row");
        Assert.That(fast.Counts[Sequences - 1].item<long>(), Is.Zero);
    }

    [Test]
    public void Log_probs_per_token_are_those_of_the_plain_twin()
    {
        (Tensor hidden, Tensor head, Tensor labels) = Batch();
        Tensor fast = SequenceLogProbs.PerToken(hidden, head, labels), plain = PlainLogProbs.PerToken(hidden, head, labels);
        Assert.That(fast.shape, Is.EqualTo(new[] { Sequences, Length - 1 }));
        Assert.That((fast - plain).abs().max().item<float>(), Is.LessThan(1e-5));
    }

    [Test]
    public void Gradients_are_those_of_the_plain_twin()
    {
        (Tensor hidden, Tensor head, Tensor labels) = Batch();
        Tensor weights = rand(Sequences, generator: _generator);
        (Tensor fastHidden, Tensor fastHead) = Gradients(SequenceLogProbs.Score, hidden, head, labels, weights);
        (Tensor plainHidden, Tensor plainHead) = Gradients(PlainLogProbs.Score, hidden, head, labels, weights);
        Assert.That((fastHidden - plainHidden).abs().max().item<float>(), Is.LessThan(1e-5));
        Assert.That((fastHead - plainHead).abs().max().item<float>(), Is.LessThan(1e-5));
    }

    [Test]
    public void A_batch_without_scored_labels_gives_zeros_and_zero_gradients()
    {
        (Tensor hidden, Tensor head, Tensor labels) = Batch();
        hidden.requires_grad_(true);
        SequenceScores scores = SequenceLogProbs.Score(hidden, head, full_like(labels, SequenceLogProbs.Ignored));
        Assert.That(scores.Sums.count_nonzero().item<long>(), Is.Zero);
        Assert.That(scores.Counts.sum().item<long>(), Is.Zero);
        scores.Sums.sum().backward();
        Assert.That(hidden.grad!.count_nonzero().item<long>(), Is.Zero);
    }

    [Test]
    public void A_call_leaves_nothing_but_its_result_alive([Values] bool gradient)
    {
        (Tensor hidden, Tensor head, Tensor labels) = Batch();
        hidden.requires_grad_(gradient);
        SequenceLogProbs.Score(hidden, head, labels).Sums.sum().Dispose(); // the first call makes statics
        DisposeScopeManager.Statistics.Reset();
        SequenceScores scores = SequenceLogProbs.Score(hidden, head, labels);
        Assert.That(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Is.EqualTo(2));
        Assert.That(scores.Sums.IsInvalid, Is.False);
    }

    private static (Tensor Hidden, Tensor Head) Gradients(
        Func<Tensor, Tensor, Tensor, SequenceScores> score, Tensor hidden, Tensor head, Tensor labels, Tensor weights)
    {
        Tensor h = hidden.clone().requires_grad_(true), w = head.clone().requires_grad_(true);
        score(h, w, labels).Sums.mul(weights).sum().backward();
        BackwardFailure.Rethrow();
        return (h.grad!, w.grad!);
    }

    // row 1 has one scored token, the last row none
    private (Tensor Hidden, Tensor Head, Tensor Labels) Batch()
    {
        Tensor hidden = randn([Sequences, Length, Width], generator: _generator), head = randn([Vocabulary, Width], generator: _generator);
        Tensor labels = randint(0, Vocabulary, [Sequences, Length], ScalarType.Int64, generator: _generator);
        labels[.., ..2].fill_(SequenceLogProbs.Ignored);
        labels[1, ..(int)(Length - 1)].fill_(SequenceLogProbs.Ignored);
        labels[Sequences - 1].fill_(SequenceLogProbs.Ignored);
        return (hidden, head, labels);
    }
}
