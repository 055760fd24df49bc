using Alignment.Evaluation;
using Alignment.Files;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Evaluation;

public sealed class LengthControlTests
{
    [Test]
    public void Half_longer_and_half_shorter_has_the_mean_of_the_two_logits()
    {
        // tanh(±1) on either side: θ ± φ tanh 1 are the logits of 9/10 and 6/10
        double[] wins = [.. Enumerable.Repeat(1.0, 9), 0, .. Enumerable.Repeat(1.0, 6), 0, 0, 0, 0];
        double[] longer = [.. Enumerable.Repeat(5.0, 10), .. Enumerable.Repeat(-5.0, 10)];
        var control = LengthControl.Of(wins, longer, ridge: 0);

        double theta = (Math.Log(9) + Math.Log(1.5)) / 2;
        Assert.That(control.Raw.Value, Is.EqualTo(0.75));
        Assert.That(control.Controlled.Value, Is.EqualTo(1 / (1 + Math.Exp(-theta))).Within(1e-10));
        Assert.That(control.LengthEffect, Is.EqualTo((Math.Log(9) - Math.Log(1.5)) / 2 / Math.Tanh(1)).Within(1e-10));
    }

    [Test]
    public void The_interval_is_that_of_the_logit_where_length_has_no_part()
    {
        // 60 of 100, half of them longer: the variance of a logit is 1 / (n p (1 - p))
        double[] wins = [.. Enumerable.Range(0, 100).Select(i => i % 10 < 6 ? 1.0 : 0)];
        double[] longer = [.. Enumerable.Range(0, 100).Select(i => i < 50 ? 1.0 : -1)];
        var control = LengthControl.Of(wins, longer, ridge: 0);
        double theta = Math.Log(1.5), error = 1.959963984540054 / Math.Sqrt(100 * 0.6 * 0.4);
        Assert.That(control.Controlled.Value, Is.EqualTo(0.6).Within(1e-10));
        Assert.That(control.Controlled.Low, Is.EqualTo(1 / (1 + Math.Exp(error - theta))).Within(1e-9));
        Assert.That(control.Controlled.High, Is.EqualTo(1 / (1 + Math.Exp(-error - theta))).Within(1e-9));
    }

    [Test]
    public void Answers_to_one_prompt_are_one_draw()
    {
        var random = new SeededRandom(2, "test/clusters");
        double[] Draw() => [.. Enumerable.Range(0, 60).Select(_ => random.NextNormal())];
        double[] scores = Draw(), others = Draw(), lengths = Draw(), same = new double[60];
        double[] Twice(double[] values) => [.. values, .. values];
        string[] prompts = [.. Enumerable.Range(0, 60).Select(prompt => $"{prompt}")];
        Estimate once = LengthControl.Of(scores, others, lengths, same).Controlled;
        Estimate clustered = LengthControl.Of(Twice(scores), Twice(others), Twice(lengths), Twice(same), PromptClusters.OfTexts([.. prompts, .. prompts])).Controlled;
        Estimate apart = LengthControl.Of(Twice(scores), Twice(others), Twice(lengths), Twice(same)).Controlled;
        Assert.That((clustered.Low, clustered.High), Is.EqualTo((once.Low, once.High)).Using<(double, double)>((a, b) => Math.Abs(a.Item1 - b.Item1) + Math.Abs(a.Item2 - b.Item2) < 0.01));
        Assert.That(apart.High - apart.Low, Is.EqualTo((once.High - once.Low) / Math.Sqrt(2)).Within(0.01));
    }

    [Test]
    public void Wins_by_length_alone_are_no_wins_at_equal_length()
    {
        var random = new SeededRandom(1, "test/length");
        double[] length = [.. Enumerable.Range(0, 500).Select(_ => 20 + 10 * random.NextNormal())];
        double[] score = [.. length.Select(x => 0.1 * x + 0.3 * random.NextNormal())], others = [.. length.Select(_ => 1.5)];
        var control = LengthControl.Of(score, others, length, [.. length.Select(_ => 15.0)]);
        Assert.That(control.Raw.Value, Is.GreaterThan(0.65));
        Assert.That(control.Controlled.Low, Is.LessThan(0.5));
        Assert.That(control.Controlled.High, Is.GreaterThan(0.5));
        Assert.That(control.LengthEffect, Is.GreaterThan(1));
    }

    [TestCase(new[] { 1.0, 0.5, 0, 1 }, 0.625, 0.625 - 0.46913, 1.0)]
    [TestCase(new[] { 0.0, 0.5, 1, 0 }, 0.375, 0.0, 0.375 + 0.46913)]
    [TestCase(new[] { 0.5 }, 0.5, 0.5, 0.5)]
    public void The_raw_interval_is_the_normal_one_of_a_mean_cut_at_none_and_all(double[] wins, double raw, double low, double high)
    {
        // squares 0.6875, divided by 3 and by 4: 1.96 times the root of 0.0573 is 0.46913
        Estimate estimate = LengthControl.Of(wins, [.. wins.Select(_ => 0.0)], ridge: 0).Raw;
        Assert.That(estimate.Value, Is.EqualTo(raw));
        Assert.That(estimate.Low, Is.EqualTo(low).Within(1e-5));
        Assert.That(estimate.High, Is.EqualTo(high).Within(1e-5));
    }

    [TestCase(new[] { 1.0, 0, 1, 1, 0, 0.5, 1, 0, 1 }, new[] { 5.0, 3, 1, -2, 8, 0, -1, 4, 0 }, 0.0)]
    [TestCase(new[] { 1.0, 0, 1, 1, 0, 0.5, 1, 0, 1 }, new[] { 5.0, 3, 1, -2, 8, 0, -1, 4, 0 }, 2.0)]
    [TestCase(new[] { 1.0, 1, 1, 0, 0, 0, 0 }, new[] { 90.0, 2, 1, -1, -2, -3, -1 }, 0.01)]
    [TestCase(new[] { 1.0, 1, 1, 1, 1, 1, 1, 0 }, new[] { 90.0, 2, 1, 1, 2, 3, 1, -60 }, 1e-4)]
    public void The_fit_is_where_the_penalised_likelihood_is_flat_and_its_interval_that_of_the_sandwich(double[] wins, double[] longer, double ridge)
    {
        var control = LengthControl.Of(wins, longer, ridge);
        double theta = Logit(control.Controlled.Value), phi = control.LengthEffect, mean = longer.Average();
        double deviation = Math.Sqrt(longer.Average(d => (d - mean) * (d - mean)));
        double[] x = [.. longer.Select(d => Math.Tanh(d / deviation))], p = [.. x.Select(value => 1 / (1 + Math.Exp(-theta - phi * value)))];
        double Sum(Func<int, double> term) => Enumerable.Range(0, x.Length).Sum(term);
        Assert.That(Sum(i => wins[i] - p[i]), Is.Zero.Within(1e-8));
        Assert.That(Sum(i => (wins[i] - p[i]) * x[i]) - ridge * phi, Is.Zero.Within(1e-8));

        // H⁻¹ M H⁻¹ of two by two, entry by entry
        double h00 = Sum(i => p[i] * (1 - p[i])), h01 = Sum(i => p[i] * (1 - p[i]) * x[i]), h11 = Sum(i => p[i] * (1 - p[i]) * x[i] * x[i]) + ridge;
        double m00 = Sum(i => Math.Pow(wins[i] - p[i], 2)), m01 = Sum(i => Math.Pow(wins[i] - p[i], 2) * x[i]), m11 = Sum(i => Math.Pow((wins[i] - p[i]) * x[i], 2));
        double variance = (h11 * h11 * m00 - 2 * h11 * h01 * m01 + h01 * h01 * m11) / Math.Pow(h00 * h11 - h01 * h01, 2);
        Assert.That(Logit(control.Controlled.High) - theta, Is.EqualTo(1.959963984540054 * Math.Sqrt(variance)).Within(0.01).Percent);
        Assert.That(theta - Logit(control.Controlled.Low), Is.EqualTo(1.959963984540054 * Math.Sqrt(variance)).Within(0.01).Percent);
    }

    [Test]
    public void Equal_lengths_leave_the_win_rate_as_it_is()
    {
        var control = LengthControl.Of([1, 2, 3, 4], [0, 2, 4, 3], [7, 7, 7, 7], [7, 7, 7, 7]);
        Assert.That((control.Raw, control.LengthEffect), Is.EqualTo((control.Controlled, 0.0)));
        Assert.That(control.Raw.Value, Is.EqualTo((1 + 0 + 0 + 1) / 4.0), "a tie is no win");
    }

    [TestCase(1)]
    [TestCase(-1)]
    public void A_run_that_always_wins_or_loses_does_so_at_any_length(int sign)
    {
        var control = LengthControl.Of([sign, sign, sign], [0, 0, 0], [1, 2, 3], [3, 1, 2]);
        Assert.That(control.Controlled.Value, Is.EqualTo(sign > 0 ? 1.0 : 0.0));
    }

    [Test]
    public void Length_that_parts_wins_from_losses_gives_finite_numbers()
    {
        var control = LengthControl.Of([1, 1, 1, 0, 0, 0], [3, 2, 1, -1, -2, -3], ridge: 0.01);
        Assert.That(control.Controlled.Value, Is.EqualTo(0.5).Within(1e-9));
        Assert.That(control.LengthEffect, Is.GreaterThan(1).And.LessThan(100));
    }

    [Test]
    public void Columns_of_other_lengths_are_refused() => Assert.That(() => LengthControl.Of([1, 2], [1, 2], [1, 2], [1]), Throws.ArgumentException
        .With.Message.StartsWith("a length-controlled win rate needs two scores and two lengths a prompt, got 2, 2, 2 and 1"));

    private static double Logit(double p) => Math.Log(p / (1 - p));
}
