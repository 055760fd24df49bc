using Alignment.Objectives;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Gpu;

/// <summary>Losses, rewards and gradients of each objective.</summary>
public sealed class ObjectivesOnDevice(string kind) : DeviceFixture(kind)
{
    private static readonly Objective[] s_objectives = [new Dpo(0.1), new LnDpo(2), new SimPo(2, 1)];

    [Test]
    public void Losses_rewards_and_gradients_are_those_of_the_cpu([ValueSource(nameof(s_objectives))] Objective objective)
    {
        PairLogProbs here = Pairs(CPU), there = Pairs(Device);
        PairLosses expected = objective.Loss(here), actual = objective.Loss(there);
        expected.Losses.sum().backward();
        actual.Losses.sum().backward();

        Assert.That(actual.Losses.device_type, Is.EqualTo(Device.type));
        Near.Float32.Check(actual.Losses, expected.Losses, "losses");
        Near.Float32.Check(actual.ChosenRewards, expected.ChosenRewards, "chosen rewards");
        Near.Float32.Check(actual.RejectedRewards, expected.RejectedRewards, "rejected rewards");
        Near.Float32.Check(there.Chosen.grad, here.Chosen.grad, "gradient of the chosen sums");
        Near.Float32.Check(there.Rejected.grad, here.Rejected.grad, "gradient of the rejected sums");
    }

    // the last two pairs have margins of ±1e4
    private static PairLogProbs Pairs(Device device) => new()
    {
        Chosen = Leaf(Sums(-12, -40.5, -3, -10, -100_010), device),
        Rejected = Leaf(Sums(-15.5, -22, -3, -100_010, -10), device),
        ReferenceChosen = Sums(-13.25, -41, -3, -10, -10).to(device),
        ReferenceRejected = Sums(-14, -20, -3, -10, -10).to(device),
        ChosenCounts = tensor(new long[] { 10, 31, 1, 7, 7 }, device: device),
        RejectedCounts = tensor(new long[] { 14, 9, 1, 7, 7 }, device: device),
    };

    private static Tensor Sums(params double[] sums) => tensor(sums).to(ScalarType.Float32);
}
