using Alignment.Kernels.Attention;
using Alignment.Kernels.Native;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Kernels.Attention;

public class ShortAttentionTests
{
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

    // heads, heads of the keys, their width; widths that are no whole vectors, too
    private static readonly long[][] s_shapes = [[4, 2, 32], [4, 4, 8], [3, 1, 16], [2, 2, 80], [6, 3, 33]];

    [Test]
    public void Values_and_gradients_are_those_of_the_plain_twin_and_of_libtorchs_kernel(
        [ValueSource(nameof(s_shapes))] long[] shape, [Values(1, 5, 16, 61)] int longest, [Values(null, 1L, 7)] long? window)
    {
        PackedSpan[] spans = Spans(longest);
        long tokens = spans[^1].Start + spans[^1].Length;
        Tensor[] own = Inputs(shape, tokens), wide = [.. own.Select(one => one.detach().to(ScalarType.Float64).requires_grad_())];
        Tensor direction = Random(1, shape[0], tokens, shape[2]);
        var masks = PackedMasks.Of(spans, window, own[0]);
        Assert.That(masks.Short);
        Tensor mixed = PackedAttention.Of(own[0], own[1], own[2], masks);
        Tensor expected = window is null ? PackedAttention.Plain(wide[0], wide[1], wide[2], spans)
            : PackedAttention.Of(wide[0], wide[1], wide[2], PackedMasks.Of(spans, window, wide[0]));
        mixed.mul(direction).sum().backward();
        expected.mul(direction).sum().backward();
        BackwardFailure.Rethrow();
        Assert.That(Difference(mixed, expected), Is.LessThan(1e-5));
        foreach ((Tensor a, Tensor b) in own.Zip(wide))
            Assert.That(Difference(a.grad!, b.grad!), Is.LessThan(2e-5));
    }

    [Test]
    public void Large_scores_leave_everything_finite()
    {
        PackedSpan[] spans = Spans(20);
        Tensor[] inputs = [.. Inputs([2, 2, 16], spans[^1].Start + spans[^1].Length).Select(one => (one.detach() * 60).requires_grad_())];
        Tensor mixed = PackedAttention.Of(inputs[0], inputs[1], inputs[2], PackedMasks.Of(spans, null, inputs[0]));
        mixed.sum().backward();
        BackwardFailure.Rethrow();
        Tensor expected = PackedAttention.Plain(inputs[0].to(ScalarType.Float64), inputs[1].to(ScalarType.Float64), inputs[2].to(ScalarType.Float64), spans);
        Assert.That(Difference(mixed, expected), Is.LessThan(2e-3));
        Assert.That(inputs.All(one => one.grad!.isfinite().all().item<bool>()));
    }

    [Test]
    public void Not_a_number_among_the_keys_reaches_the_tokens_that_see_it_and_no_other()
    {
        PackedSpan[] spans = Spans(5);
        Tensor[] inputs = Inputs([2, 2, 16], spans[^1].Start + spans[^1].Length);
        using IDisposable noGrad = no_grad();
        inputs[1][0, 0, spans[0].Start + 2, 0] = float.NaN;
        Tensor mixed = PackedAttention.Of(inputs[0], inputs[1], inputs[2], PackedMasks.Of(spans, null, inputs[0]));
        long[] faulty = mixed[0, 0].isnan().any(1).nonzero().view(-1).data<long>().ToArray();
        Tensor twin = PackedAttention.Plain(inputs[0], inputs[1], inputs[2], spans);
        Assert.That(faulty, Is.EqualTo(Enumerable.Range(2, 3).Select(i => (long)i).Concat(SharersOfTheFirstPrompt(spans))));
        Assert.That(twin[0, 0].isnan().any(1).narrow(0, 2, 3).all().item<bool>());
    }

    [Test]
    public void The_number_of_threads_does_not_change_a_bit()
    {
        PackedSpan[] spans = Spans(61);
        Tensor[] inputs = Inputs([4, 2, 32], spans[^1].Start + spans[^1].Length);
        int threads = get_num_threads();
        try
        {
            set_num_threads(1);
            Tensor[] one = Both(inputs, spans);
            set_num_threads(4);
            foreach ((Tensor a, Tensor b) in one.Zip(Both(inputs, spans)))
                Assert.That(a.equal(b).all().item<bool>());
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    [Test]
    public void A_longer_span_is_left_to_libtorch()
    {
        Tensor like = zeros(1);
        Assert.That(ShortAttention.Serves([new(0, ShortAttention.MostKeys)], like));
        Assert.That(ShortAttention.Serves([new(0, ShortAttention.MostKeys), new(ShortAttention.MostKeys, 1, 0, ShortAttention.MostKeys)], like), Is.False);
        Assert.That(ShortAttention.Serves([new(0, 1)], like.to(ScalarType.Float64)), Is.False);
    }

    [Test]
    public void Both_passes_leave_nothing_but_the_gradients_alive()
    {
        PackedSpan[] spans = Spans(5);
        Tensor[] inputs = Inputs([4, 2, 16], spans[^1].Start + spans[^1].Length);
        Step(); // the first call makes the gradients
        DisposeScopeManager.Statistics.Reset();
        Step();
        Assert.That(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Is.Zero);

        void Step()
        {
            using var scope = NewDisposeScope();
            PackedAttention.Of(inputs[0], inputs[1], inputs[2], PackedMasks.Of(spans, null, inputs[0])).sum().backward();
        }
    }

    // a sequence, two more responses to a part of it, a single token, a pair
    private static PackedSpan[] Spans(int longest)
    {
        int prompt = Math.Max(1, longest / 2);
        List<PackedSpan> spans = [new(0, longest)];
        Add(longest, 0, prompt);
        Add(1, 0, prompt);
        Add(1, 0, 0);
        Add(longest + 3, 0, 0);
        Add(2, spans[^1].Start, longest);
        return [.. spans];

        void Add(long length, long promptStart, long promptLength) => spans.Add(new(spans[^1].Start + spans[^1].Length, length, promptStart, promptLength));
    }

    // token 2 of five is no part of a prompt of two
    private static IEnumerable<long> SharersOfTheFirstPrompt(PackedSpan[] spans) =>
        spans.Where(span => span.PromptLength > 2 && span.PromptStart == 0).SelectMany(span => Enumerable.Range(0, (int)span.Length).Select(i => span.Start + i));

    private static Tensor[] Both(Tensor[] inputs, PackedSpan[] spans)
    {
        foreach (Tensor input in inputs)
            input.grad = null;
        Tensor mixed = PackedAttention.Of(inputs[0], inputs[1], inputs[2], PackedMasks.Of(spans, null, inputs[0]));
        mixed.pow(2).sum().backward();
        BackwardFailure.Rethrow();
        return [mixed.detach(), .. inputs.Select(input => input.grad!.clone())];
    }

    private static double Difference(Tensor a, Tensor b) => (a - b).abs().max().to(ScalarType.Float64).item<double>();

    // as projections give them: a view of [1, tokens, heads, headWidth]
    private Tensor[] Inputs(long[] shape, long tokens) =>
        [.. new[] { shape[0], shape[1], shape[1] }.Select(heads => Random(1, tokens, heads, shape[2]).transpose(1, 2).requires_grad_())];

    private Tensor Random(params long[] shape) => randn(shape, generator: _generator);
}
