using Alignment.Kernels.LogProbs;
using Alignment.Kernels.Native;
using Alignment.Models;
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
