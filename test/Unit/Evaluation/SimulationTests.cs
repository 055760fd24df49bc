using Alignment.Evaluation;
using Alignment.Files;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Evaluation;

/// <summary>What the statistics do over many simulated sweeps whose truth is known.</summary>
public sealed class SimulationTests
{
    [Test]
    public void The_interval_of_a_paired_difference_covers_the_truth_in_93_to_97_percent_of_1000_sweeps()
    {
        const int Sweeps = 1000, Prompts = 150;
        var bootstrap = new Bootstrap(Prompts, 2, 400);
        int covered = 0;
        for (ulong sweep = 0; sweep < Sweeps; sweep++)
        {
            var random = new SeededRandom(sweep, "test/coverage");
            // skewed and with ties: rewards are rounded, responses sometimes fail
            double[] difference = [.. Enumerable.Range(0, Prompts).Select(_ => Math.Round(random.NextNormal() - (random.NextInt(10) == 0 ? 3 : 0), 1))];
            Estimate estimate = bootstrap.Mean(difference);
            covered += estimate.Low <= -0.3 && estimate.High >= -0.3 ? 1 : 0;
        }

        Assert.That(covered / (double)Sweeps, Is.InRange(0.93, 0.97));
    }

    [Test]
    public void The_length_controlled_interval_covers_the_truth_in_93_to_97_percent_of_1000_sweeps()
    {
        const int Sweeps = 1000, Prompts = 200;
        int covered = 0;
        for (ulong sweep = 0; sweep < Sweeps; sweep++)
        {
            var random = new SeededRandom(sweep, "test/length-coverage");
            double[] longer = [.. Enumerable.Range(0, Prompts).Select(_ => random.NextNormal())];
            // the model itself: a rate of 0.6 at equal length
            double[] wins = [.. longer.Select(d => random.NextDouble() < 1 / (1 + Math.Exp(-Math.Log(1.5) - Math.Tanh(d))) ? 1.0 : 0)];
            Estimate controlled = LengthControl.Of(wins, longer, ridge: 0.01).Controlled;
            covered += controlled.Low <= 0.6 && controlled.High >= 0.6 ? 1 : 0;
        }

        Assert.That(covered / (double)Sweeps, Is.InRange(0.93, 0.97));
    }
}
