using Alignment.Kernels.LogProbs;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Kernels.LogProbs;

public class CollisionLogProbsTests
{
    [Test]
    public void Two_draws_of_a_uniform_distribution_are_alike_once_in_its_size_and_of_a_sure_one_always()
    {
        using var scope = NewDisposeScope();
        Assert.That(CollisionLogProbs.Of(zeros(2, 3), zeros(7, 3)).data<double>().ToArray(), Is.All.EqualTo(-Math.Log(7)).Within(1e-6));
        Assert.That(CollisionLogProbs.Of(ones(1, 1) * 200, tensor(new float[] { 1, 0, -1 }).view(3, 1))[0].item<double>(), Is.Zero.Within(1e-6));
        Assert.That(CollisionLogProbs.Of(zeros(0, 3), zeros(7, 3)).shape, Is.EqualTo(new long[] { 0 }));
    }

    // tiles cut the vocabulary and the rows
    [Test]
    public void They_are_those_of_the_plain_twin_however_few_logits_are_held([Values(1, 5, 40, 1 << 20)] int chunk, [Values(ScalarType.Float32, ScalarType.Float64, ScalarType.BFloat16)] ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        Tensor rows = randn(6, 4, generator: generator).to(type), head = (randn(11, 4, generator: generator) * 2).to(type);
        double[] expected = PlainLogProbs.Collisions(rows, head).data<double>().ToArray();
        Assert.That(CollisionLogProbs.Of(rows, head, chunk).data<double>().ToArray(), Is.EqualTo(expected).Within(type == ScalarType.Float64 ? 1e-12 : 1e-5));
    }

    [Test]
    public void A_cap_bends_the_logits_first()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(4);
        Tensor rows = randn(5, 4, float64, generator: generator), head = randn(9, 4, float64, generator: generator) * 3;
        Tensor logits = (rows.mm(head.t()) / 2).tanh() * 2;
        double[] expected = nn.functional.softmax(logits, -1).square().sum(-1).log().data<double>().ToArray();
        Assert.That(CollisionLogProbs.Of(rows, new LogitHead(head, 2)).data<double>().ToArray(), Is.EqualTo(expected).Within(1e-12));
    }

    [Test]
    public void Scores_add_them_up_over_the_scored_tokens_and_carry_no_gradient()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5);
        Tensor hidden = randn(2, 4, 3, float64, generator: generator).requires_grad_(), head = randn(6, 3, float64, generator: generator);
        Tensor labels = tensor(new long[] { -100, 2, -100, 5, -100, -100, 1, -100 }).view(2, 4);
        SequenceScores scores = SequenceLogProbs.Score(hidden, head, labels, firstTokens: null, collisions: true);
        Tensor each = PlainLogProbs.Collisions(hidden.detach().view(-1, 3), head).view(2, 4); // label t by state t − 1
        Assert.That(scores.Collisions!.data<double>().ToArray(), Is.EqualTo(new[] { each[0, 0].item<double>() + each[0, 2].item<double>(), each[1, 1].item<double>() }).Within(1e-12));
        Assert.That(scores.Collisions.requires_grad, Is.False);
        Assert.That(SequenceLogProbs.Score(hidden, head, labels).Collisions, Is.Null);
    }
}
