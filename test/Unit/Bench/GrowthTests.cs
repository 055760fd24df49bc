using Alignment.Bench.Growth;
using Alignment.Bench.Measuring;
using Alignment.Bench.Tracking;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Bench;

public class GrowthTests
{
    [TestCase(1.0)]
    [TestCase(2.0)]
    [TestCase(0.5)]
    public void The_exponent_of_a_power_is_found(double exponent)
    {
        double[] sizes = [1, 2, 8, 32];
        PowerFit fit = PowerFit.Of(sizes, [.. sizes.Select(size => 3 * Math.Pow(size, exponent))]);
        Assert.That(fit.Exponent, Is.EqualTo(exponent).Within(1e-12));
        Assert.That(fit.Last, Is.EqualTo(exponent).Within(1e-12));
        Assert.That(fit.IsAboveLinear, Is.EqualTo(exponent > 1));
    }

    [Test]
    public void A_constant_share_hides_growth_from_the_fit_but_not_from_the_last_two()
    {
        double[] sizes = [1, 2, 4, 8, 16];
        PowerFit fit = PowerFit.Of(sizes, [.. sizes.Select(size => 20 + size * size)]); // 36 → 276
        Assert.That(fit.Exponent, Is.EqualTo(0.9240).Within(1e-3));
        Assert.That(fit.Last, Is.EqualTo(Math.Log2(276.0 / 84)).Within(1e-12));
        Assert.That(fit.IsAboveLinear);
    }

    [TestCase(new[] { 1.0 }, new[] { 1.0 }, "an exponent needs two sizes or more and a cost of each, got 1 and 1")]
    [TestCase(new[] { 1.0, 2 }, new[] { 1.0 }, "an exponent needs two sizes or more and a cost of each, got 2 and 1")]
    [TestCase(new[] { 2.0, 2 }, new[] { 1.0, 1 }, "sizes must ascend from above 0 and costs be above 0, number 2 is 2 with 1")]
    [TestCase(new[] { 0.0, 2 }, new[] { 1.0, 1 }, "sizes must ascend from above 0 and costs be above 0, number 1 is 0 with 1")]
    [TestCase(new[] { 1.0, 2 }, new[] { 1.0, 0 }, "sizes must ascend from above 0 and costs be above 0, number 2 is 2 with 0")]
    [TestCase(new[] { 1.0, 2 }, new[] { double.NaN, 1 }, "sizes must ascend from above 0 and costs be above 0, number 1 is 1 with NaN")]
    public void What_has_no_exponent_is_refused(double[] sizes, double[] costs, string message) =>
        Assert.That(() => PowerFit.Of(sizes, costs), Throws.ArgumentException.With.Message.EqualTo(message));

    [Test]
    public void The_page_explains_what_is_above_linear_and_says_where_nothing_does()
    {
        GrowthRow linear = new("step over tokens", "tokens a batch", "", [512, 1024], [[0.01, 0.01, 0.01], [0.02, 0.02, 0.02]], [10, 15]);
        GrowthRow explained = linear with { Name = "step over width", Unit = "width", Why = "squares", Seconds = [[0.01], [0.04]] };
        GrowthRow open = explained with { Why = "" };
        string page = TablePadding.Without(GrowthPage.Markdown([linear, explained, open], "a machine, 2 threads each"));
        Assert.That(page, Does.Contain("| step over tokens | 512 / 1024 tokens a batch | 10.00 [10.00, 10.00] / 20.00 [20.00, 20.00] | 10 / 15 | 1.00 | 1.00 | 0.58 | no |"));
        Assert.That(page, Does.Contain("| 2.00 | 2.00 | 0.58 | yes: squares |"));
        Assert.That(page, Does.Contain("| 2.00 | 2.00 | 0.58 | **yes, and nothing explains it** |"));
        Assert.That(TablePadding.Without(GrowthPage.Markdown([linear with { Megabytes = [double.NaN, 15] }], "a machine")), Does.Contain("| – / 15 | 1.00 | 1.00 | – | no |"));
        Assert.That(GrowthPage.Svg([linear, explained]), Does.Contain("step over width: 1024 width, 40.0 ms"));
        BenchmarkResult result = GrowthPage.Results([linear]).Single();
        Assert.That((result.Id, result.Nanoseconds[0], result.PeakBytes), Is.EqualTo(("Alignment.Bench.Growth.step over tokens(1024)", 2e7, (double?)1.5e7)));
    }

    [Test]
    public void The_series_and_their_largest_sizes_do_not_change() => Assert.That(StepGrowth.All.Concat(JobGrowth.All).Select(series => (series.Name, series.Points[^1].Size)), Is.EqualTo(new[]
    {
        ("step over tokens", 8192.0), ("step over width", 512), ("step over vocabulary", 65536), ("sweep over runs", 16), ("sweep over prompts", 256), ("report over samples", 9600),
    }));

    [Test]
    public void Every_size_is_measured_in_every_round_and_what_it_holds_is_freed()
    {
        int calls = 0, freed = 0;
        GrowthPoint Point(double size) => new(size, () => (() => { calls++; Thread.SpinWait(10_000); }, new Freed(() => freed++)));
        GrowthRow row = GrowthBench.Measure([new("a", "rows", "", [Point(1), Point(2), Point(4)]), new("b", "rows", "", [])], ["a*"], 2).Single();
        Assert.That(row.Seconds.Select(rounds => rounds.Length), Is.EqualTo(new[] { 2, 2, 2 }));
        Assert.That(row.Seconds.SelectMany(rounds => rounds), Is.All.GreaterThan(0));
        Assert.That((calls, freed), Is.EqualTo((PeakMemory.TryRestart() ? 12 : 9, 3))); // warm, two rounds, and memory where the system tells it
        Assert.That(() => GrowthBench.Measure([new("a", "rows", "", [])], ["c"], 2), Throws.InvalidOperationException.With.Message.EqualTo("no series matches c; there are a"));
    }

    private sealed class Freed(Action free) : IDisposable
    {
        public void Dispose() => free();
    }
}
