using Alignment.Files;
using Alignment.Kernels.LogProbs;
using Alignment.Kernels.Native;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Gpu;

/// <summary>The log-prob core on a device against its plain twin on the CPU.</summary>
public sealed class LogProbsOnDevice(string kind) : DeviceFixture(kind)
{
    private static readonly long[][] s_shapes = [[1, 2, 8, 5], [3, 17, 32, 101], [8, 64, 48, 2053]]; // sequences, length, width, vocabulary

    [Test]
    public void Sums_counts_and_gradients_are_those_of_the_plain_twin(
        [ValueSource(nameof(s_shapes))] long[] shape, [Values(ScalarType.Float32, ScalarType.BFloat16)] ScalarType type)
    {
        (Tensor hidden, Tensor head, Tensor labels) = Batch(shape);
        // the plain twin sees the rounded numbers in float32: its own error is far below the tolerance
        Tensor rounded = hidden.to(type).to(ScalarType.Float32), roundedHead = head.to(type).to(ScalarType.Float32);
        Scored plain = Backward(PlainLogProbs.Score, Leaf(rounded, CPU), Leaf(roundedHead, CPU), labels);
        Scored fast = Backward(SequenceLogProbs.Score, Leaf(hidden, Device, type), Leaf(head, Device, type), labels.to(Device));

        Near near = Near.Of(type);
        Assert.That(fast.Sums.device_type, Is.EqualTo(Device.type));
        // a sum has as many rounding errors as tokens
        (near with { Absolute = near.Absolute * shape[1] }).Check(fast.Sums, plain.Sums, "sums");
        Assert.That(fast.Counts.cpu().data<long>().ToArray(), Is.EqualTo(plain.Counts.data<long>().ToArray()));
        near.Check(fast.HiddenGradient, plain.HiddenGradient, "gradient of the hidden states");
        near.Check(fast.HeadGradient, plain.HeadGradient, "gradient of the head");
    }

    [Test]
    public void A_long_chunked_pass_is_that_of_one_chunk([Values(1, 1000, 1L << 40)] long chunkElements)
    {
        Tensor rows = Normal("rows", 50, 16), head = Normal("head", 37, 16), targets = arange(50).remainder(37);
        Tensor expected = ChunkedLogProbs.Of(rows, head, targets);
        Near.Float32.Check(ChunkedLogProbs.Of(rows.to(Device), head.to(Device), targets.to(Device), chunkElements), expected, "log-probs");
    }

    [Test]
    public void Sequences_without_a_scored_label_count_nothing()
    {
        (Tensor hidden, Tensor head, Tensor labels) = Batch(s_shapes[1]);
        SequenceScores scores = SequenceLogProbs.Score(hidden.to(Device), head.to(Device), full_like(labels, SequenceLogProbs.Ignored).to(Device));
        Assert.That(scores.Sums.cpu().data<float>().ToArray(), Is.All.Zero);
        Assert.That(scores.Counts.cpu().data<long>().ToArray(), Is.All.Zero);
    }

    private static (Tensor Hidden, Tensor Head, Tensor Labels) Batch(long[] shape)
    {
        (long sequences, long length, long width, long vocabulary) = (shape[0], shape[1], shape[2], shape[3]);
        var random = new SeededRandom(5, "gpu/labels");
        long[] labels = new long[sequences * length];
        for (int i = 0; i < labels.Length; i++)
            labels[i] = random.NextInt(3) == 0 ? SequenceLogProbs.Ignored : random.NextInt((int)vocabulary);
        return (Normal("hidden", sequences, length, width), Normal("head", vocabulary, width) / Math.Sqrt(width), tensor(labels, [sequences, length]));
    }

    private static Scored Backward(Func<Tensor, Tensor, Tensor, SequenceScores> score, Tensor hidden, Tensor head, Tensor labels)
    {
        SequenceScores scores = score(hidden, head, labels);
        Tensor weights = linspace(-1, 1, labels.shape[0] + 1).narrow(0, 0, labels.shape[0]).to(hidden.device); // one weight a sequence, none of them 1
        (scores.Sums * weights).sum().backward();
        BackwardFailure.Rethrow();
        return new(scores.Sums.detach(), scores.Counts, hidden.grad, head.grad);
    }

    private sealed record Scored(Tensor Sums, Tensor Counts, Tensor? HiddenGradient, Tensor? HeadGradient);
}
