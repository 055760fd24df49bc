using Alignment.Files;
using Alignment.Kernels.LogProbs;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Kernels.LogProbs;

public class FirstSumsTests
{
    [Test]
    public void First_sums_add_up_the_first_scored_tokens_of_each_sequence()
    {
        using var scope = NewDisposeScope();
        (Tensor hidden, Tensor head, Tensor labels) = Inputs();
        SequenceScores scores = SequenceLogProbs.Score(hidden, head, labels, tensor(new long[] { 2, 5, 0 })), plain = SequenceLogProbs.Score(hidden, head, labels);
        Tensor perToken = PlainLogProbs.PerToken(hidden, head, labels);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(scores.Sums.equal(plain.Sums).all().item<bool>());
            Assert.That(scores.Counts.data<long>().ToArray(), Is.EqualTo(plain.Counts.data<long>().ToArray()));
            Assert.That(scores.FirstSums![0].item<double>(), Is.EqualTo(perToken[0, 1].item<double>() + perToken[0, 3].item<double>()).Within(1e-12));
            Assert.That(scores.FirstSums[1].item<double>(), Is.EqualTo(plain.Sums[1].item<double>()).Within(1e-12), "it has fewer than 5");
            Assert.That(scores.FirstSums[2].item<double>(), Is.Zero);
        }
    }

    [Test]
    public void Their_gradient_reaches_only_the_tokens_in_them()
    {
        using var scope = NewDisposeScope();
        (Tensor hidden, Tensor head, Tensor labels) = Inputs();
        hidden.requires_grad_();
        SequenceLogProbs.Score(hidden, head, labels, tensor(new long[] { 1, 0, 0 })).FirstSums!.sum().backward();
        bool[] reached = hidden.grad!.abs().sum(2).reshape(-1).gt(0).data<bool>().ToArray();
        Assert.That(Enumerable.Range(0, reached.Length).Where(i => reached[i]), Is.EqualTo(new[] { 1 }), "position 1 scores the first label of row 0");
    }

    [Test, NonParallelizable]
    public void Only_the_three_results_outlive_a_call()
    {
        using var scope = NewDisposeScope();
        (Tensor hidden, Tensor head, Tensor labels) = Inputs();
        Tensor first = tensor(new long[] { 2, 5, 0 });
        DisposeScopeManager.Statistics.Reset();
        SequenceLogProbs.Score(hidden, head, labels, first);
        Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.EqualTo(3));
    }

    // row 0 scores labels 2, 4 and 5, row 1 label 1, row 2 labels 3 and 4
    private static (Tensor Hidden, Tensor Head, Tensor Labels) Inputs()
    {
        var random = new SeededRandom(4, "test/first");
        Tensor Normal(params long[] shape) => tensor(Enumerable.Range(0, (int)shape.Aggregate((a, b) => a * b)).Select(_ => random.NextNormal()).ToArray()).view(shape);
        const long Not = SequenceLogProbs.Ignored;
        long[] labels = [Not, Not, 3, Not, 1, 2, Not, 4, Not, Not, Not, Not, Not, Not, Not, 0, 2, Not];
        return (Normal(3, 6, 8), Normal(5, 8), tensor(labels).view(3, 6));
    }
}
