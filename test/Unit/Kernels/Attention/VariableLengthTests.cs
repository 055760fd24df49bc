using Alignment.Kernels.Attention;
using Alignment.Kernels.LogProbs;
using Alignment.Kernels.Native;
using Alignment.Models;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Kernels.Attention;

/// <summary>What runs on a GPU, with stand-ins for libtorch's two operators: against the packed attention of the CPU and the plain twin.</summary>
[NonParallelizable]
public class VariableLengthTests
{
    private const double Bound = 1e-6;
    private const long Heads = 4;

    // two pairs with shared prompts, one of four responses to a prompt, a single token
    private static readonly PackedSpan[] s_spans =
        [new(0, 30), new(30, 9, 0, 20), new(39, 1), new(40, 25), new(65, 7, 40, 10), new(72, 1, 40, 10), new(73, 12, 40, 10), new(85, 40)];
    private static readonly PackedSpan[] s_alone = [new(0, 33), new(33, 1), new(34, 91)];

    private DisposeScope _scope = null!;
    private Generator _generator = null!;

    private static IVariableLengthOperator[] Operators => VariableLengthStandIns.Operators;

    [OneTimeSetUp]
    public void Register() => VariableLengthStandIns.Register();

    [SetUp]
    public void Open()
    {
        _scope = NewDisposeScope();
        _generator = new Generator(6);
        _ = VariableLengthStandIns.Refusal;
    }

    [TearDown]
    public void Free()
    {
        _scope.Dispose();
        _generator.Dispose();
        Assert.That(VariableLengthStandIns.Refusal, Is.Null);
    }

    [Test]
    public void Values_and_gradients_are_those_of_the_cpu_and_of_the_plain_twin(
        [Values(0, 1)] int which, [Values(64, 96, 128)] int headWidth, [Values(1, 2, 4)] int keyHeads, [Values(null, 4L, 25)] long? window, [Values] bool shared)
    {
        PackedSpan[] spans = shared ? s_spans : s_alone;
        Tensor[] inputs = Inputs(keyHeads, headWidth);
        Tensor direction = Random(1, Heads, 125, headWidth) * 0.2; // gradients of about 1, which float32 resolves to the bound
        int calls = VariableLengthStandIns.Calls;
        Tensor[] own = Both(one => PackedAttention.Of(one[0], one[1], one[2], PackedMasks.Of(spans, window, one[0], Operators[which])));
        Assert.That(VariableLengthStandIns.Calls - calls, Is.EqualTo(2), "one call forward, one backward");
        Differ(own, Both(one => PackedAttention.Of(one[0], one[1], one[2], PackedMasks.Of(spans, window, one[0]))));
        Differ(own, Both(one => PackedAttention.Of(one[0], one[1], one[2], PackedMasks.Long(spans, window, one[0]))));
        if (window is null)
            Differ(own, Both(one => PackedAttention.Plain(one[0], one[1], one[2], spans)));

        Tensor[] Both(Func<Tensor[], Tensor> attention)
        {
            Tensor[] leaves = [.. inputs.Select(input => input.detach().clone().requires_grad_())];
            Tensor mixed = attention(leaves);
            mixed.mul(direction).sum().backward();
            BackwardFailure.Rethrow();
            return [mixed, .. leaves.Select(leaf => leaf.grad!)];
        }
    }

    [Test]
    public void A_model_scores_and_learns_as_on_the_cpu([Values(0, 1)] int which, [Values(null, 12L)] long? window)
    {
        using Decoder model = Decoder.Initialised(new()
        {
            Shape = new() { Vocabulary = 64, Width = 64, Layers = 2, Heads = 4, KeyValueHeads = 2, MlpWidth = 96, MaxPositions = 128 },
            SlidingWindow = window,
            InitialDeviation = 0.2,
        }, 3);
        model.to(ScalarType.Float64); // in float32 two orders of adding differ by more than the bound after two layers
        int[] prompt = [.. Enumerable.Range(5, 20)], other = [7, 8, 9];
        ScoredSequences sequences = new([(prompt, [1, 2, 3]), (other, [4, 5]), (prompt, [6, 7, 8, 9, 10]), (other, []), (prompt, [11])]);
        Tensor[] own = Scored(Operators[which]), cpu = Scored(null);
        foreach ((Tensor a, Tensor b) in own.Zip(cpu))
            Assert.That((a - b).abs().max().item<double>(), Is.LessThan(1e-10));

        Tensor[] Scored(IVariableLengthOperator? by)
        {
            PackedSequences packed = PackedSequences.Of(sequences, CPU) with { Attention = by };
            ILanguageModel language = model;
            SequenceScores scores = SequenceLogProbs.Score(language.HiddenStates(packed), language.LogitHead, packed.Scored);
            scores.Sums.mean().backward();
            BackwardFailure.Rethrow();
            Tensor[] gradients = [.. model.parameters().Select(parameter => parameter.grad!.clone())];
            foreach (var parameter in model.parameters())
                parameter.grad = null;
            return [scores.Sums.detach(), .. gradients];
        }
    }

    [Test]
    public void The_same_bits_come_again([Values(0, 1)] int which)
    {
        Tensor[] inputs = [.. Inputs(2, 64).Select(input => input.requires_grad_())];
        float[][] runs = [.. Enumerable.Range(0, 2).Select(_ =>
        {
            PackedAttention.Of(inputs[0], inputs[1], inputs[2], PackedMasks.Of(s_spans, null, inputs[0], Operators[which])).sum().backward();
            float[] gradient = inputs[1].grad!.data<float>().ToArray();
            inputs[1].grad = null;
            return gradient;
        })];
        Assert.That(runs[0], Is.EqualTo(runs[1]));
    }

    [Test]
    public void Both_passes_leave_nothing_but_the_gradients_alive([Values(0, 1)] int which)
    {
        Tensor[] inputs = [.. Inputs(2, 64).Select(input => input.requires_grad_())];
        Step(); // the first call makes the gradients
        DisposeScopeManager.Statistics.Reset();
        Step();
        Assert.That(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Is.Zero);

        void Step()
        {
            using var scope = NewDisposeScope();
            PackedAttention.Of(inputs[0], inputs[1], inputs[2], PackedMasks.Of(s_spans, 5, inputs[0], Operators[which])).sum().backward();
        }
    }

    [Test]
    public void Narrow_types_go_to_flash_where_the_card_has_it_and_the_rest_to_the_memory_efficient_kernels()
    {
        Assert.Multiple(() =>
        {
            Assert.That(VariableLengthOperators.For(ScalarType.BFloat16, 128, 8), Is.SameAs(FlashOperator.Instance));
            Assert.That(VariableLengthOperators.For(ScalarType.Float16, 96, 9), Is.SameAs(FlashOperator.Instance));
            Assert.That(VariableLengthOperators.For(ScalarType.Float32, 128, 8), Is.SameAs(EfficientOperator.Instance));
            Assert.That(VariableLengthOperators.For(ScalarType.BFloat16, 320, 8), Is.SameAs(EfficientOperator.Instance), "wider than flash's kernels");
            Assert.That(VariableLengthOperators.For(ScalarType.Float16, 64, 7), Is.SameAs(EfficientOperator.Instance), "before Ampere");
            Assert.That(VariableLengthOperators.For(ScalarType.BFloat16, 64, 7), Is.Null);
            Assert.That(VariableLengthOperators.For(ScalarType.Float64, 64, 8), Is.Null);
            Assert.That(VariableLengthOperators.For(ScalarType.BFloat16, 100, 8), Is.Null, "rows that are not aligned");
            Assert.That(VariableLengthOperators.For(zeros(1), 64), Is.Null, "the CPU has kernels of its own");
        });
    }

    private static void Differ(Tensor[] own, Tensor[] other)
    {
        foreach ((Tensor a, Tensor b) in own.Zip(other))
            Assert.That((a - b).abs().max().item<float>(), Is.LessThan(Bound));
    }

    private Tensor[] Inputs(long keyHeads, long headWidth) =>
        [Random(1, Heads, 125, headWidth), Random(1, keyHeads, 125, headWidth), Random(1, keyHeads, 125, headWidth)];

    // laid out as projections write it
    private Tensor Random(long rows, long heads, long tokens, long headWidth) => (randn([rows, tokens, heads, headWidth], generator: _generator) * 0.3).transpose(1, 2);
}
