using Alignment.Evaluation;
using Alignment.Files;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Evaluation;

/// <summary>What the statistics do over many simulated sweeps whose truth is known.</summary>
public sealed class SimulationTests
{
    // 95 ± 1 %; 4,000 sweeps leave 0.0034 open
    private const int Sweeps = 4000;

    [TestCase(300)]
    [TestCase(600)]
    public void Intervals_over_prompts_cover_the_truth_in_94_to_96_percent_of_sweeps(int prompts)
    {
        var bootstrap = new Bootstrap(prompts, 2);
        (string What, double Truth, Func<SeededRandom, double> Draw)[] metrics =
        [
            ("score", 0, random => random.NextNormal()),
            // skewed and with ties: rewards are rounded, responses sometimes fail
            ("paired difference", -0.3, random => Math.Round(random.NextNormal() - (random.NextInt(10) == 0 ? 3 : 0), 1)),
            ("win rate", 0.65, random => random.NextDouble() < 0.65 ? 1 : 0),
            ("length", 40 * Math.Exp(0.045), random => 40 * Math.Exp(0.3 * random.NextNormal())),
        ];
        int[] covered = new int[metrics.Length];
        Parallel.For(0, Sweeps, sweep =>
        {
            var random = new SeededRandom((ulong)sweep, "test/coverage");
            Estimate[] estimates = bootstrap.Means([.. metrics.Select(metric => (double[])[.. Enumerable.Range(0, prompts).Select(_ => metric.Draw(random))])]);
            for (int i = 0; i < metrics.Length; i++)
                if (estimates[i].Low <= metrics[i].Truth && metrics[i].Truth <= estimates[i].High)
                    Interlocked.Increment(ref covered[i]);
        });
        for (int i = 0; i < metrics.Length; i++)
            TestContext.Out.WriteLine(FormattableString.Invariant($"{metrics[i].What}, {prompts} prompts: {covered[i] / (double)Sweeps:F4}"));
        Assert.That(covered.Select(count => count / (double)Sweeps), Is.All.InRange(0.94, 0.96));
    }

    [Test]
    public void The_length_controlled_interval_covers_the_truth_in_94_to_96_percent_of_sweeps()
    {
        const int Prompts = 200;
        int covered = 0;
        Parallel.For(0, Sweeps, sweep =>
        {
            var random = new SeededRandom((ulong)sweep, "test/length-coverage");
            double[] longer = [.. Enumerable.Range(0, Prompts).Select(_ => random.NextNormal())];
            // the model itself: a rate of 0.6 at equal length
            double[] wins = [.. longer.Select(d => random.NextDouble() < 1 / (1 + Math.Exp(-Math.Log(1.5) - Math.Tanh(d))) ? 1.0 : 0)];
            Estimate controlled = LengthControl.Of(wins, longer, ridge: 0.01).Controlled;
            Interlocked.Add(ref covered, controlled.Low <= 0.6 && controlled.High >= 0.6 ? 1 : 0);
        });
        TestContext.Out.WriteLine(FormattableString.Invariant($"{covered / (double)Sweeps:F4}"));
        Assert.That(covered / (double)Sweeps, Is.InRange(0.94, 0.96));
    }
}
