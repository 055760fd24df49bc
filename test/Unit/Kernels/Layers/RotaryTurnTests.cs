using Alignment.Kernels.Layers;
using Alignment.Kernels.Native;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Kernels.Layers;

public class RotaryTurnTests
{
    private DisposeScope _scope = null!;
    private Generator _generator = null!;

    [SetUp]
    public void Open()
    {
        _scope = NewDisposeScope();
        _generator = new Generator(4);
    }

    [TearDown]
    public void Free()
    {
        _scope.Dispose();
        _generator.Dispose();
    }

    [Test]
    public void A_quarter_turn_exchanges_the_halves()
    {
        Tensor heads = arange(32, ScalarType.Float32).view(1, 1, 1, 32), sine = cat([-ones(16), ones(16)]).view(1, 1, 1, 32);
        Tensor turned = RotaryTurn.Of(heads, zeros(1, 1, 1, 32), sine);
        Assert.That(turned.data<float>().ToArray(), Is.EqualTo(Enumerable.Range(0, 32).Select(i => i < 16 ? -(i + 16f) : i - 16)));
    }

    // a part of a head may stay, heads may be views of a wider projection, rows may have angles of their own
    [Test]
    public void Values_and_gradients_are_the_twins_bit_for_bit([Values(16, 32, 48)] int width, [Values(0, 5)] int rest, [Values(1, 3)] int angleRows)
    {
        const int Rows = 3, Length = 70, Heads = 4;
        Tensor angles = Random(angleRows, Length, 1, width), cosine = angles.cos(), sine = angles.sin();
        Tensor[] projected = [Random(Rows, Length, Heads + 2, width + rest), null!];
        projected[1] = projected[0].clone();
        Tensor weights = Random(Rows, Length, Heads, width + rest);
        Tensor[] turned = new Tensor[2];
        foreach ((int i, Func<Tensor, Tensor, Tensor, Tensor> turn) in new Func<Tensor, Tensor, Tensor, Tensor>[] { RotaryTurn.Of, RotaryTurn.Plain }.Index())
        {
            turned[i] = turn(projected[i].requires_grad_().narrow(2, 1, Heads), cosine, sine);
            (turned[i].transpose(1, 2) * weights.transpose(1, 2)).sum().backward();
            BackwardFailure.Rethrow();
        }
        Assert.That(turned[0].equal(turned[1]).all().item<bool>());
        Assert.That(projected[0].grad!.equal(projected[1].grad!).all().item<bool>());
    }

    // queries of a projection that holds keys and values between them, as a GPT-NeoX model lays them out
    [Test]
    public void Heads_that_nobody_reads_any_more_are_turned_where_they_lie_and_have_the_same_bits([Values(16, 32)] int width, [Values(0, 5)] int rest)
    {
        Tensor angles = Random(1, 70, 1, width), cosine = angles.cos(), sine = angles.sin();
        Tensor projected = Random(3, 70, 4, 3, width + rest), untouched = projected.clone();
        Tensor turned = RotaryTurn.OfOwn(projected.select(3, 1), cosine, sine);
        Assert.That(turned.equal(RotaryTurn.Plain(untouched.select(3, 1), cosine, sine)).all().item<bool>());
        foreach (int other in new[] { 0, 2 })
            Assert.That(projected.select(3, other).equal(untouched.select(3, other)).all().item<bool>());
        Assert.That(projected.select(3, 1).equal(turned).all().item<bool>(), Is.EqualTo(Simd.Fast), "no second tensor");
    }

    [Test]
    public void Heads_that_want_a_gradient_stay_as_they_are()
    {
        Tensor heads = Random(1, 4, 2, 32).requires_grad_(), before = heads.detach().clone(), cosine = Random(1, 4, 1, 32), sine = Random(1, 4, 1, 32);
        RotaryTurn.OfOwn(heads, cosine, sine).sum().backward();
        BackwardFailure.Rethrow();
        Assert.That(heads.detach().equal(before).all().item<bool>());
    }

    [Test]
    public void Both_passes_leave_nothing_but_the_gradients_alive()
    {
        Tensor heads = Random(1, 4, 2, 32).requires_grad_(), cosine = Random(1, 4, 1, 32), sine = Random(1, 4, 1, 32);
        Step(); // the first call makes the gradient
        DisposeScopeManager.Statistics.Reset();
        Step();
        Assert.That(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Is.Zero);

        void Step()
        {
            using var scope = NewDisposeScope();
            RotaryTurn.Of(heads, cosine, sine).sum().backward();
            BackwardFailure.Rethrow();
        }
    }

    private Tensor Random(params long[] shape) => randn(shape, generator: _generator);
}
