using Alignment.Kernels.LogProbs;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Kernels.LogProbs;

public class MixedLogProbsTests
{
    private static readonly double[] s_mixtures = [0, 0.3, -0.3, -1];

    // tiles cut the vocabulary and the rows; m = −1 is the second model
    [Test]
    public void They_are_those_of_the_plain_twin_however_few_logits_are_held([Values(1, 5, 40, 1 << 20)] int chunk, [Values(ScalarType.Float32, ScalarType.Float64)] ScalarType type, [Values] bool capped)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        Tensor rows = randn(6, 4, generator: generator).to(type), others = randn(6, 3, generator: generator).to(type);
        Tensor head = randn(11, 4, generator: generator).to(type), otherHead = (randn(11, 3, generator: generator) * 2).to(type), targets = tensor(new long[] { 0, 10, 3, 3, 7, 5 });
        double? cap = capped ? 1.5 : null;
        Tensor found = MixedLogProbs.Of((rows, new(head, cap)), (others, new(otherHead)), targets, s_mixtures, chunk);
        Tensor logits = rows.mm(head.t()).to(ScalarType.Float64), otherLogits = others.mm(otherHead.t()).to(ScalarType.Float64);
        foreach ((int i, double mixture) in s_mixtures.Index())
            Assert.That(found[i].data<double>().ToArray(),
                Is.EqualTo(PlainLogProbs.Mixed(LogitHead.Capped(logits, cap), otherLogits, targets, mixture).data<double>().ToArray()).Within(type == ScalarType.Float64 ? 1e-12 : 1e-5));
    }

    [Test]
    public void No_tokens_are_no_numbers()
    {
        using var scope = NewDisposeScope();
        Assert.That(MixedLogProbs.Of((zeros(0, 3), zeros(7, 3)), (zeros(0, 3), zeros(7, 3)), zeros(0, ScalarType.Int64), s_mixtures).shape, Is.EqualTo(new long[] { 4, 0 }));
    }
}
