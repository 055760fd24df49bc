using Alignment.Evaluation;
using Alignment.Files;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Evaluation;

public sealed class KlEstimatesTests
{
    [Test]
    public void K3_is_the_sum_of_r_minus_one_minus_log_r()
    {
        // r = 1/2 and r = 4: −1/2 + log 2, and 3 − log 4
        double k3 = KlEstimates.K3([(float)Math.Log(0.5), (float)Math.Log(0.125)], [(float)Math.Log(0.25), (float)Math.Log(0.5)]);
        Assert.That(k3, Is.EqualTo(-0.5 + Math.Log(2) + 3 - Math.Log(4)).Within(1e-6));
    }

    [Test]
    public void Equal_models_are_exactly_zero_apart_and_no_tokens_are() =>
        Assert.That((KlEstimates.K3([-1, -2.5f], [-1, -2.5f]), KlEstimates.K3([], [])), Is.EqualTo((0.0, 0.0)));

    [Test]
    public void It_is_never_negative_and_smooth_where_the_series_takes_over()
    {
        // from e^5 down to e^−15, through the change at 1e-4, on both sides
        for (int i = 0; i <= 200; i++)
            foreach (double d in new[] { Math.Exp(5 - i * 0.1), -Math.Exp(5 - i * 0.1) })
                Assert.That(KlEstimates.K3([0], [(float)Math.Min(d, 80)]), Is.GreaterThan(0));
        foreach (double d in new[] { 0.99e-4, 1.01e-4, -0.99e-4, -1.01e-4 })
            Assert.That(KlEstimates.K3([0], [(float)d]), Is.EqualTo((double)(float)d * (float)d / 2).Within(0.01).Percent);
    }

    [TestCase(9e-5f)]
    [TestCase(-9e-5f)]
    [TestCase(1e-6f)]
    [TestCase(-1e-7f)]
    public void Tokens_on_which_the_models_all_but_agree_lose_no_digits(float logRatio)
    {
        // e^d − 1 − d in 28 digits
        decimal d = (decimal)(double)logRatio, term = d, sum = 0;
        for (int i = 2; i < 12; i++)
            sum += term *= d / i;
        Assert.That(KlEstimates.K3([0], [logRatio]), Is.EqualTo((double)sum).Within(1e-8).Percent);
    }

    [Test]
    public void Over_samples_of_the_policy_both_estimates_have_the_mean_KL_and_k3_varies_less()
    {
        double[] policy = [0.5, 0.3, 0.2], sft = [0.4, 0.25, 0.35];
        double kl = policy.Zip(sft, (p, q) => p * Math.Log(p / q)).Sum();
        var random = new SeededRandom(9, "test/kl");
        double[] signed = new double[200_000], k3 = new double[signed.Length];
        for (int i = 0; i < signed.Length; i++)
        {
            double draw = random.NextDouble();
            int token = draw < 0.5 ? 0 : draw < 0.8 ? 1 : 2;
            signed[i] = Math.Log(policy[token] / sft[token]);
            k3[i] = KlEstimates.K3([(float)Math.Log(policy[token])], [(float)Math.Log(sft[token])]);
        }
        Assert.That((signed.Average(), k3.Average()), Is.EqualTo((kl, kl)).Using<(double, double)>((a, b) => Math.Abs(a.Item1 - b.Item1) < 0.005 && Math.Abs(a.Item2 - b.Item2) < 0.001));
        Assert.That(Distribution.Of(k3).SampleStandardDeviation, Is.LessThan(Distribution.Of(signed).SampleStandardDeviation / 3));
    }

    [Test]
    public void Of_samples_below_temperature_one_the_signed_estimate_goes_below_zero_and_k3_does_not()
    {
        // the policy's likeliest token alone, which SFT likes better: no KL is below 0
        (float policy, float sft) = ((float)Math.Log(0.5), (float)Math.Log(0.6));
        Assert.That(policy - sft, Is.LessThan(0));
        Assert.That(KlEstimates.K3([policy], [sft]), Is.GreaterThan(0));
    }
}
