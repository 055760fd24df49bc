using Alignment.Training;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Training;

/// <summary>Two groups: [3, 2] and [4], the second with another decay.</summary>
[NonParallelizable]
public class ParameterGroupsTests
{
    private static readonly string[] s_moments = ["0.exp_avg.a", "0.exp_avg_sq.a", "0.step", "1.exp_avg.b", "1.exp_avg_sq.b", "1.step"];

    [TestCase(false, false, 10 * 4 + 20 * 4 + 2 * 4)] // weights, two moments, two counts of steps
    [TestCase(false, true, 10 * 4 + 20 * 4 + 2 * 4)]
    [TestCase(true, false, 10 * 2 + 30 * 4 + 2 * 4)] // and masters
    [TestCase(true, true, 10 * 2 + 30 * 4 + 2 * 4)]
    public void State_is_named_by_group_and_counted(bool narrow, bool onHost, long bytes)
    {
        using var scope = NewDisposeScope();
        using var groups = Groups(narrow, onHost, out _);
        Assert.That(groups.State().Keys, Is.EquivalentTo(narrow ? [.. s_moments, "0.master.a", "1.master.b"] : s_moments));
        Assert.That(groups.Weights.Keys, Is.EqualTo(new[] { "a", "b" }));
        Assert.That(groups.Bytes, Is.EqualTo(bytes));
    }

    [Test]
    public void Gradients_of_all_groups_are_gathered_clipped_as_one_stepped_and_cleared([Values] bool narrow, [Values] bool onHost)
    {
        using var scope = NewDisposeScope();
        using var groups = Groups(narrow, onHost, out Tensor[] parameters);
        for (int part = 0; part < 2; part++)
        {
            foreach (Tensor parameter in parameters)
                if (parameter.grad is { } gradient)
                    gradient.add_(1);
                else
                    parameter.grad = ones_like(parameter);
            groups.Gather();
        }
        // ten gradients of 2
        Assert.That(groups.Clip(double.PositiveInfinity), Is.EqualTo(Math.Sqrt(40)).Within(1e-5));
        Assert.That(groups.Clip(1), Is.EqualTo(Math.Sqrt(40)).Within(1e-5));
        Assert.That(groups.Clip(1), Is.EqualTo(1).Within(1e-5), "it was scaled");
        Assert.That(groups.Clip(3, known: 6), Is.EqualTo(6));
        Assert.That(groups.Clip(1), Is.EqualTo(0.5).Within(1e-5), "by the norm that was told");
        groups.Step(0.25);
        // AdamW's first step is the learning rate; the first group decays by half the rate
        Assert.That(parameters.Select(parameter => parameter.to(ScalarType.Float32).detach().view(-1).data<float>().ToArray().Distinct().Single()),
            Is.EqualTo(new[] { 1 - 0.125 - 0.25, 1 - 0.25 }).Within(0.004));
        Assert.That(groups.Clip(1), Is.Zero, "the next batch begins at zero");
        groups.ReleaseGradients();
        Assert.That(parameters.Select(parameter => parameter.grad), Is.All.Null);
    }

    [Test]
    public void What_it_holds_is_freed_with_it([Values] bool narrow, [Values] bool onHost)
    {
        using var scope = NewDisposeScope();
        DisposeScopeManager.Statistics.Reset();
        using (NewDisposeScope())
            Groups(narrow, onHost, out _).Dispose();
        Assert.That(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Is.Zero);
    }

    private static ParameterGroups Groups(bool narrow, bool onHost, out Tensor[] parameters)
    {
        ScalarType type = narrow ? ScalarType.BFloat16 : ScalarType.Float32;
        parameters = [ones([3, 2], type, requires_grad: true), ones([4], type, requires_grad: true)];
        return new([new([("a", parameters[0])], new() { WeightDecay = 0.5 }), new([("b", parameters[1])], new() { WeightDecay = 0 })], new() { OptimiserOnHost = onHost });
    }
}
