using Alignment.Kernels.Attention;
using Alignment.Kernels.LogProbs;
using Alignment.Kernels.Native;
using Alignment.Models;
using Alignment.Tests.Unit.Kernels.Attention;
using Alignment.Training;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Training;

[NonParallelizable]
public class SequenceScoringTests
{
    [Test]
    public void Packed_scores_and_gradients_are_those_of_padded_rows()
    {
        using var scope = NewDisposeScope();
        using Decoder packed = Micro.Model(), padded = Micro.Model();
        ScoredSequences sequences = PairSequences.PreferenceWithShared(Micro.Pairs(12));
        SequenceScores own = SequenceScoring.Packed(packed, sequences, CPU), plain = SequenceScoring.Padded(padded, sequences, CPU);
        Assert.That((own.Sums - plain.Sums).abs().max().item<float>(), Is.LessThan(2e-5f));
        Assert.That((own.FirstSums! - plain.FirstSums!).abs().max().item<float>(), Is.LessThan(2e-5f));
        Assert.That(own.Counts.data<long>().ToArray(), Is.EqualTo(plain.Counts.data<long>().ToArray()));
        Tensor weights = arange(sequences.All.Count, ScalarType.Float32).cos();
        (own.Sums * weights).sum().backward();
        (plain.Sums * weights).sum().backward();
        BackwardFailure.Rethrow();
        foreach ((Tensor a, Tensor b) in packed.parameters().Zip(padded.parameters()))
            Assert.That((a.grad! - b.grad!).abs().max().item<float>(), Is.LessThan(1e-5f * Math.Max(1, b.grad!.abs().max().item<float>())));
    }

    [TestCase(DeviceType.CPU, false, "packed 4 2 1 3, packed 4 2 1 3")]
    [TestCase(DeviceType.META, true, "packed, packed")]
    [TestCase(DeviceType.META, false, "padded, padded")]
    public void Rows_are_padded_on_a_device_that_has_no_attention_for_packed_ones(DeviceType type, bool hasOperator, string expected)
    {
        using var scope = NewDisposeScope();
        using Decoder model = Micro.Model();
        var watched = new WatchedModel(model) { PackedAttention = hasOperator ? VariableLengthStandIns.Operator<FlashOperator>() : null };
        ScoredSequences sequences = PairSequences.PreferenceWithShared([new("a", [1, 2], [1, 2, 3, 4], [5], false, false), new("b", [3], [5, 6], [7, 8, 9], false, false)]);
        Device device = new(type);
        Assert.That(() => SequenceScoring.Of(watched, sequences, device), type == DeviceType.CPU ? Throws.Nothing : Throws.TypeOf<NotSupportedException>());
        Assert.That(() => SequenceScoring.PathOf(watched, sequences, device), type == DeviceType.CPU ? Throws.Nothing : Throws.TypeOf<NotSupportedException>());
        Assert.That(string.Join(", ", watched.Passes), Is.EqualTo(expected));
    }

    [Test]
    public void A_call_leaves_nothing_but_its_result_alive()
    {
        using var scope = NewDisposeScope();
        using Decoder model = Micro.Model();
        ScoredSequences sequences = PairSequences.Preference(Micro.Pairs(4));
        Score(); // the first call makes statics
        DisposeScopeManager.Statistics.Reset();
        Score();
        Assert.That(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Is.Zero);

        void Score()
        {
            using var inner = NewDisposeScope();
            SequenceScoring.Packed(model, sequences, CPU).Sums.sum().backward();
            foreach (Tensor parameter in model.parameters())
                parameter.grad = null;
        }
    }
}
