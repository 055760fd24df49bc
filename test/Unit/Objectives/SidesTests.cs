using Alignment.Objectives;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Objectives;

/// <summary>Steps that have the value of the sums' type and the slope of float64.</summary>
public class SidesTests
{
    private static IEnumerable<PairwiseObjective> Each => AllObjectives.Each.OfType<PairwiseObjective>();

    [Test]
    public void Every_objective_that_couples_no_pairs_is_a_formula_of_one() =>
        Assert.That(AllObjectives.Each.Where(objective => objective is not (PairwiseObjective or Mix)).All(objective => objective.CouplesPairs));

    [Test]
    public void A_step_has_the_value_that_float32_gives_it()
    {
        using var scope = NewDisposeScope();
        Tensor x = tensor(new float[] { -12.7f, 1e-3f, 300.1f }), y = tensor(new float[] { 3.3f, -7.7f, 1.1f });
        Sides sides = Sides.Of(x, y);
        Same((sides - Given(y, x)).Chosen, x - y);
        Same((sides / Given(y, x)).Chosen, x / y);
        Same((sides * 0.1).Rejected, y * 0.1);
        Same(sides.Margin, x - y);
        Same(sides.MarginBeyond(1.2), x - y - 1.2);

        static void Same(Tensor step, Tensor single)
        {
            Assert.That(step.dtype, Is.EqualTo(ScalarType.Float64));
            Assert.That(Pairs.Numbers(step), Is.EqualTo(Pairs.Numbers(single)));
        }
    }

    [Test]
    public void A_gradient_is_rounded_once()
    {
        using var scope = NewDisposeScope();
        Tensor sum = tensor(new float[] { -12.7f, -30.1f }).requires_grad_();
        Tensor counts = tensor(new float[] { 3, 3 });
        (Sides.Of(sum, sum.detach()) / Given(counts, counts) * 0.1 * 0.7).Chosen.sum().backward();
        Assert.That(Pairs.Numbers(sum.grad!), Is.All.EqualTo((double)(float)(0.1 * 0.7 / 3)));
    }

    [Test]
    public void Infinities_and_overflow_are_float32s()
    {
        using var scope = NewDisposeScope();
        Tensor x = tensor(new float[] { float.PositiveInfinity, float.NegativeInfinity, 3e38f, float.NaN }), y = tensor(new float[] { 1, 2, -3e38f, 1 });
        Assert.That(Pairs.Numbers(Sides.Of(x, y).Margin), Is.EqualTo(new[] { double.PositiveInfinity, double.NegativeInfinity, double.PositiveInfinity, double.NaN }));
    }

    [TestCase("DPO")]
    [TestCase("LN-DPO")]
    [TestCase("SimPO")]
    public void Losses_rewards_and_gradients_are_those_of_single_steps_bit_for_bit(string method)
    {
        using var scope = NewDisposeScope();
        PairLogProbs pairs = Pairs.Random(11, 4000).LogProbs(ScalarType.Float32);
        Tensor weights = arange(1, 4001, ScalarType.Float32);
        (PairwiseObjective objective, double beta, double gamma) = method switch
        {
            "DPO" => ((PairwiseObjective)new Dpo(0.1), 0.1, 0.0),
            "LN-DPO" => (new LnDpo(2.3), 2.3, 0),
            _ => (new SimPo(2.3, 0.7), 2.3, 0.7),
        };
        PairLosses losses = objective.Loss(pairs);
        (losses.Losses * weights).sum().backward();

        // values in float32, a step at a time; from the margin on, and back from there, in float64
        Tensor chosen = Reward(pairs.Chosen.detach(), pairs.ReferenceChosen!, pairs.ChosenCounts);
        Tensor rejected = Reward(pairs.Rejected.detach(), pairs.ReferenceRejected!, pairs.RejectedCounts);
        Tensor margin = (chosen - rejected - gamma).to(ScalarType.Float64).requires_grad_();
        Tensor loss = (-nn.functional.logsigmoid(margin)).to(ScalarType.Float32);
        (loss * weights).sum().backward();
        Same(losses.Losses, loss);
        Same(losses.ChosenRewards, chosen);
        Same(losses.RejectedRewards, rejected);
        Same(pairs.Chosen.grad!, Slope(pairs.ChosenCounts));
        Same(pairs.Rejected.grad!, -Slope(pairs.RejectedCounts));

        Tensor Reward(Tensor policy, Tensor reference, Tensor counts) => beta * (method switch
        {
            "DPO" => policy - reference,
            "LN-DPO" => policy / counts - reference / counts,
            _ => policy / counts,
        });

        Tensor Slope(Tensor counts) => (method == "DPO" ? margin.grad! * beta : margin.grad! * beta / counts).to(ScalarType.Float32);

        static void Same(Tensor result, Tensor steps)
        {
            Assert.That(result.dtype, Is.EqualTo(ScalarType.Float32));
            Assert.That(Pairs.Numbers(result), Is.EqualTo(Pairs.Numbers(steps)));
        }
    }

    [Test]
    public void A_side_taken_twice_leaves_the_other_values_as_they_are()
    {
        using var scope = NewDisposeScope();
        Tensor chosen = tensor(new float[] { -3 }).requires_grad_(), rejected = tensor(new float[] { -5 }).requires_grad_();
        Sides sums = Sides.Of(chosen, rejected), ratios = sums - Given(tensor(new float[] { -1 }), tensor(new float[] { -2 })), scaled = ratios * 0.5;
        Assert.That(new[] { sums.Chosen, ratios.Chosen, scaled.Chosen, sums.Margin, ratios.Margin, scaled.Rejected }.Select(value => value.item<double>()),
            Is.EqualTo(new[] { -3, -2, -1, 2, 1, -1.5 }));
        (sums.Chosen + ratios.Chosen + scaled.Margin).sum().backward();
        Assert.That((chosen.grad!.item<float>(), rejected.grad!.item<float>()), Is.EqualTo((2.5f, -0.5f)));
    }

    [TestCaseSource(nameof(Each))]
    public void In_float32_losses_rewards_and_gradients_are_those_of_float64_up_to_rounding(PairwiseObjective objective)
    {
        using var scope = NewDisposeScope();
        double[][] single = Results(ScalarType.Float32), wide = Results(ScalarType.Float64);
        for (int i = 0; i < wide.Length; i++)
            for (int pair = 0; pair < wide[i].Length; pair++)
                Assert.That(single[i][pair], Is.EqualTo(wide[i][pair]).Within(2e-4 * Math.Max(1, Math.Abs(wide[i][pair]))), $"{objective}, result {i}, pair {pair}");

        // weighted, so that the outer gradient counts
        double[][] Results(ScalarType type)
        {
            PairLogProbs pairs = Pairs.Random(5, 32).LogProbs(type);
            PairLosses losses = objective.Loss(pairs);
            (losses.Losses * arange(1, losses.Losses.shape[0] + 1)).sum().backward();
            return [.. new[] { losses.Losses, losses.ChosenRewards, losses.RejectedRewards, pairs.Chosen.grad!, pairs.Rejected.grad! }.Select(Pairs.Numbers)];
        }
    }

    [TestCaseSource(nameof(Each))]
    public void A_nan_is_never_hidden(PairwiseObjective objective)
    {
        using var scope = NewDisposeScope();
        foreach (ScalarType type in new[] { ScalarType.Float32, ScalarType.Float64 })
        {
            PairLogProbs pairs = Pairs.Of([double.NaN, -1], [-1, double.NaN], [-1, -1], [-1, -1], [2, 2], [2, 2], type).WithShared();
            Assert.That(Pairs.Numbers(objective.Loss(pairs).Losses), Is.All.NaN);
        }
    }

    [TestCaseSource(nameof(Each))]
    public void No_pairs_have_no_losses(PairwiseObjective objective)
    {
        using var scope = NewDisposeScope();
        Assert.That(objective.Loss(Pairs.Random(1, 0).LogProbs(ScalarType.Float32)).Losses.shape, Is.EqualTo(new long[] { 0 }));
    }

    [Test]
    public void Constants_have_the_type_of_the_policys_sums_and_no_graph()
    {
        using var scope = NewDisposeScope();
        Tensor wide = tensor(new[] { 0.1, 0.2 }, requires_grad: true), counts = tensor(new[] { (1L << 24) + 1, 3 }), own = tensor(new[] { 1f, 2 }, requires_grad: true);
        foreach ((Tensor chosen, Tensor rejected, float[] numbers) in new[] { (wide, own, new[] { 0.1f, 0.2f }), (counts, own, [1 << 24, 3]), (own, wide, [1, 2]) })
        {
            Constants constants = Given(chosen, rejected);
            Assert.That((constants.Chosen.dtype, constants.Rejected.dtype), Is.EqualTo((ScalarType.Float32, ScalarType.Float32)));
            Assert.That((constants.Chosen.requires_grad, constants.Rejected.requires_grad), Is.EqualTo((false, false)));
            Assert.That(constants.Chosen.data<float>().ToArray(), Is.EqualTo(numbers));
        }
        Assert.That((wide.requires_grad, own.requires_grad), Is.EqualTo((true, true)), "what was given is as it was");
    }

    private static Constants Given(Tensor chosen, Tensor rejected) => Constants.Of(chosen, rejected, ScalarType.Float32);
}
