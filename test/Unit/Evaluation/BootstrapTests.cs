using Alignment.Evaluation;
using Alignment.Files;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Evaluation;

public sealed class BootstrapTests
{
    [Test]
    public void Equals_the_slow_bootstrap_from_the_same_stream()
    {
        const int Prompts = 23, Resamples = 300;
        double[] values = Column(Prompts, seed: 5);
        var random = new SeededRandom(9, "bootstrap");
        double[] means = new double[Resamples];
        for (int b = 0; b < Resamples; b++)
        {
            double sum = 0;
            for (int i = 0; i < Prompts; i++)
                sum += values[random.NextInt(Prompts)];
            means[b] = sum / Prompts;
        }
        Array.Sort(means);

        Estimate estimate = new Bootstrap(Prompts, seed: 9, Resamples).Mean(values);
        Assert.That(estimate, Is.EqualTo(new Estimate(values.Sum() / Prompts, Percentile.Of(means, 2.5), Percentile.Of(means, 97.5))));
    }

    [Test]
    public void A_prompt_that_stands_several_times_is_drawn_with_all_its_values()
    {
        const int Resamples = 60;
        double[] values = Column(9, seed: 4);
        int[][] positions = [[0, 1, 2, 5], [3], [4, 7], [6], [8]];
        PromptClusters clusters = PromptClusters.OfTexts(Enumerable.Range(0, 9).Select(position => $"{Array.FindIndex(positions, cluster => cluster.Contains(position))}"));
        var random = new SeededRandom(2, "bootstrap");
        double[] means = [.. Enumerable.Range(0, Resamples).Select(_ => Enumerable.Range(0, 5).SelectMany(_ => positions[random.NextInt(5)]).Average(position => values[position]))];
        Assert.That(new Bootstrap(clusters, 2, Resamples).ResampledMeans([values])[0], Is.EqualTo(means).Within(1e-14));
    }

    [Test]
    public void A_column_has_the_same_estimate_alone_and_among_others()
    {
        var bootstrap = new Bootstrap(31, 2, 200);
        double[][] columns = [.. Enumerable.Range(0, 6).Select(i => Column(31, (ulong)i))];

        Assert.That(bootstrap.Means(columns), Is.EqualTo(columns.Select(column => bootstrap.Mean(column))));
    }

    [Test]
    public void Pairing_makes_the_interval_of_a_constant_difference_a_point()
    {
        var bootstrap = new Bootstrap(50, 3, 200);
        double[] a = Column(50, 1);
        double[] b = [.. a.Select(x => x + 0.5)];

        Estimate difference = bootstrap.Mean([.. b.Zip(a, (x, y) => x - y)]);
        Assert.That(difference.High - difference.Low, Is.LessThan(1e-12));
        Assert.That(difference.Value, Is.EqualTo(0.5).Within(1e-12));
    }

    [Test]
    public void Counts_and_confidences_that_make_no_sense_are_refused()
    {
        Assert.That(() => new Bootstrap(0, 1), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new Bootstrap(3, 1, 0), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new Bootstrap(1 << 16, 1, 1 << 16), Throws.TypeOf<OverflowException>(), "2^32 positions, which must not become none");
        foreach (double confidence in new[] { 0, 1, double.NaN })
            Assert.That(() => new Bootstrap(3, 1, 10).Mean([1, 2, 3], confidence), Throws.TypeOf<ArgumentOutOfRangeException>()
                .With.Message.StartsWith("confidence must be between 0 and 1"));
    }

    [Test]
    public void The_difference_of_means_over_other_prompts_is_that_of_their_resamples_apart()
    {
        Bootstrap here = new(40, 1, 500), there = new(25, 2, 500);
        double[] a = Column(40, 1), b = Column(25, 2);
        double[] differences = [.. here.ResampledMeans([a])[0].Zip(there.ResampledMeans([b])[0], (x, y) => x - y).Order()];

        Assert.That(Bootstrap.Difference((a, here), (b, there), confidence: 0.9), Is.EqualTo(new Estimate(
            (a.Sum() / 40) - (b.Sum() / 25), Percentile.Of(differences, 5), Percentile.Of(differences, 95))));
        Assert.That(() => Bootstrap.Difference((a, here), (b, new Bootstrap(25, 2, 400))),
            Throws.ArgumentException.With.Message.EqualTo("two means need as many resamples, got 500 and 400"));
    }

    [Test]
    public void A_higher_confidence_gives_a_wider_interval()
    {
        var bootstrap = new Bootstrap(40, 4);
        double[] values = Column(40, 8);
        Estimate usual = bootstrap.Mean(values), corrected = bootstrap.Mean(values, 1 - 0.05 / 3);

        Assert.That(corrected.Low, Is.LessThan(usual.Low));
        Assert.That(corrected.High, Is.GreaterThan(usual.High));
    }

    [Test]
    public void A_column_of_another_length_is_refused() =>
        Assert.That(() => new Bootstrap(3, 0, 5).Mean([1, 2]), Throws.ArgumentException
            .With.Message.StartsWith("this bootstrap resamples 3 prompts, was given 2 values"));

    [Test]
    public void A_confidence_of_one_is_refused() =>
        Assert.That(() => new Bootstrap(1, 0, 5).Mean([1], 1), Throws.TypeOf<ArgumentOutOfRangeException>()
            .With.Message.StartsWith("confidence must be between 0 and 1"));

    private static double[] Column(int count, ulong seed)
    {
        var random = new SeededRandom(seed, "test/column");
        return [.. Enumerable.Range(0, count).Select(_ => random.NextNormal())];
    }
}
