using System.Globalization;
using Alignment.Evaluation;
using Alignment.Reports.Numbers;
using Alignment.Tests.Unit.Evaluation;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Reports;

/// <summary>What the report recommends of simulated sweeps: three methods, the noise of whose runs is as 1 to 2 to 8. -p:Simulations=2000 for a close look.</summary>
public sealed class SimulatedAnswerTests
{
    private const int Settings = 4, Seeds = 4;
    private static readonly double[] s_deviations = [0.05, 0.1, 0.4];
    private static readonly int s_sweeps = int.Parse(TestContext.Parameters.Get("Simulations") ?? "300", CultureInfo.InvariantCulture);

    [Test]
    public void No_difference_is_said_where_there_is_none()
    {
        double said = Share(sweep => Recommended(sweep, [0, 0, 0]).All(set => set.Count == 3));
        TestContext.Out.WriteLine(FormattableString.Invariant($"no difference: said in {said:F3} of {s_sweeps} sweeps"));
        Assert.That(said, Is.GreaterThanOrEqualTo(0.95 - Slack));
    }

    // leads in standard errors of the lead over all budgets; the noisiest method, then the steadiest is best
    [TestCase(2, 0.5)]
    [TestCase(2, 1)]
    [TestCase(2, 2)]
    [TestCase(0, 0.5)]
    [TestCase(0, 1)]
    [TestCase(0, 2)]
    [TestCase(0, 8)]
    public void The_best_method_is_recommended_and_the_power_is_printed(int best, double standardErrors)
    {
        double error = Enumerable.Range(0, 50).Average(sweep => Compare((ulong)sweep, [0, 0, 0]).OverAll.Single(pair => Of(pair) is (0, 2) or (2, 0)).Difference.StandardError);
        double[] leads = [0, 0, 0];
        leads[best] = standardErrors * error;
        int alone = 0;
        double contained = Share(sweep =>
        {
            IReadOnlyList<string>[] sets = [.. Recommended(sweep, leads)];
            Interlocked.Add(ref alone, sets[0].SequenceEqual([$"{best}"]) ? 1 : 0);
            return sets.All(set => set.Contains($"{best}"));
        });
        TestContext.Out.WriteLine(FormattableString.Invariant($"lead of {standardErrors} standard errors ({leads[best]:F3}), method {best}: recommended in {contained:F3}, alone in {alone / (double)s_sweeps:F3} of {s_sweeps} sweeps"));
        Assert.That(contained, Is.GreaterThanOrEqualTo(0.95 - Slack));
        if (standardErrors == 8)
            Assert.That(alone / (double)s_sweeps, Is.GreaterThan(0.8), "a lead of eight standard errors is seen");
    }

    private static (int, int) Of(MethodComparison pair) => (int.Parse(pair.First.Method, CultureInfo.InvariantCulture), int.Parse(pair.Second.Method, CultureInfo.InvariantCulture));

    private static double Slack => 2 * Math.Sqrt(0.95 * 0.05 / s_sweeps);

    private static double Share(Func<ulong, bool> holds)
    {
        int count = 0;
        Parallel.For(0, s_sweeps, sweep => Interlocked.Add(ref count, holds((ulong)sweep) ? 1 : 0));
        return count / (double)s_sweeps;
    }

    // over all budgets, then at each
    private static IEnumerable<IReadOnlyList<string>> Recommended(ulong sweep, double[] leads)
    {
        (IReadOnlyList<MethodComparison> overAll, IReadOnlyList<MethodComparison> atEach) = Compare(sweep, leads);
        return atEach.GroupBy(pair => pair.Budgets[0]).Select(pairs => MethodComparisons.Recommended([.. pairs])).Prepend(MethodComparisons.Recommended(overAll));
    }

    private static (IReadOnlyList<MethodComparison> OverAll, IReadOnlyList<MethodComparison> AtEach) Compare(ulong sweep, double[] leads)
    {
        var methods = new SimulatedMethods(sweep);
        var bootstrap = new Bootstrap(methods.Clusters, 1, 200);
        double[] truth = methods.Truth(Settings, 0.3);
        return MethodComparisons.OnThisGrid([.. leads.Select((lead, i) => (new MethodRuns($"{i}", []),
            new GridPicks($"{i}", methods.Settings([.. truth.Select(quality => quality + lead)], Seeds, s_deviations[i]), bootstrap, sweep)))],
            [1, Settings], bootstrap.Clusters, (_, _, _) => 0.5);
    }
}
