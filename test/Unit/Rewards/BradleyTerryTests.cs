using Alignment.Rewards;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Rewards;

public class BradleyTerryTests
{
    [Test]
    public void Loss_is_log_two_when_the_rewards_are_equal()
    {
        using var scope = NewDisposeScope();
        Assert.That(BradleyTerry.Loss(ones(3), ones(3), 0).item<float>(), Is.EqualTo(Math.Log(2)).Within(1e-6));
    }

    [Test]
    public void Loss_of_a_margin_of_log_three_is_minus_log_three_quarters()
    {
        using var scope = NewDisposeScope();
        Tensor chosen = tensor([Math.Log(3)]), rejected = zeros(1, dtype: ScalarType.Float64);
        Assert.That(BradleyTerry.Loss(chosen, rejected, 0).item<double>(), Is.EqualTo(-Math.Log(0.75)).Within(1e-12));
    }

    [Test]
    public void Smoothing_mixes_the_loss_of_the_label_with_that_of_its_opposite()
    {
        using var scope = NewDisposeScope();
        Tensor chosen = tensor([2.0, -1, 0.5]), rejected = tensor([0.5, 1, 0.5]);
        double mixed = 0.9 * BradleyTerry.Loss(chosen, rejected, 0).item<double>() + 0.1 * BradleyTerry.Loss(rejected, chosen, 0).item<double>();
        Assert.That(BradleyTerry.Loss(chosen, rejected, 0.1).item<double>(), Is.EqualTo(mixed).Within(1e-12));
    }

    [Test]
    public void Extreme_margins_stay_finite()
    {
        using var scope = NewDisposeScope();
        Assert.That(BradleyTerry.Loss(tensor([-1e4]), tensor([1e4]), 0).item<double>(), Is.EqualTo(2e4));
        Assert.That(BradleyTerry.Loss(tensor([1e4]), tensor([-1e4]), 0).item<double>(), Is.Zero);
    }

    [Test]
    public void Level_is_the_mean_square_of_the_sums()
    {
        using var scope = NewDisposeScope();
        Assert.That(BradleyTerry.Level(tensor([1.0, 2]), tensor([2.0, -3])).item<double>(), Is.EqualTo((9.0 + 1) / 2));
    }

    [Test]
    public void The_gradient_is_the_probability_of_the_wrong_order()
    {
        using var scope = NewDisposeScope();
        Tensor chosen = tensor([Math.Log(3)]).requires_grad_(), rejected = zeros(1, dtype: ScalarType.Float64).requires_grad_();
        BradleyTerry.Loss(chosen, rejected, 0).backward();
        Assert.That(chosen.grad!.item<double>(), Is.EqualTo(-0.25).Within(1e-12));
        Assert.That(rejected.grad!.item<double>(), Is.EqualTo(0.25).Within(1e-12));
    }

    [Test]
    public void Losses_leave_no_tensor_behind()
    {
        using Tensor chosen = ones(2), rejected = zeros(2);
        DisposeScopeManager.Statistics.Reset();
        BradleyTerry.Loss(chosen, rejected, 0).Dispose();
        BradleyTerry.Loss(chosen, rejected, 0.1).Dispose();
        BradleyTerry.Level(chosen, rejected).Dispose();
        Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.Zero);
    }
}
