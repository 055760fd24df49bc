using Alignment.Bench.Tracking;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Bench;

public class ComparisonTests
{
    private static readonly JudgeSettings s_settings = new();

    [Test]
    public void An_identical_copy_has_not_regressed() =>
        Assert.That(Compare(Version(100), Version(100)).Single().Regressed, Is.False);

    [Test]
    public void A_slower_copy_has_regressed_only_when_it_is_slower_again()
    {
        IReadOnlyList<ComparedBenchmark> first = Compare(Version(100), Version(130));
        Assert.That(first.Single().Regressed, Is.False, "once is not enough");
        Assert.That(Comparison.WithRepeat(first, Compare(Version(100), Version(101))).Single().Regressed, Is.False);
        Assert.That(Comparison.WithRepeat(first, Compare(Version(100), Version(129))).Single().Regressed);
    }

    [TestCase(130, 129, 1.35, false)]
    [TestCase(160, 129, 1.35, false, TestName = "A slowdown beyond what is accepted must be seen twice, as any must")]
    [TestCase(160, 158, 1.35, true)]
    public void What_is_slower_as_accepted_has_not_regressed(double time, double again, double ratio, bool regressed)
    {
        ComparedBenchmark one = Accepted(Slower(time, again, "one"), new AcceptedSlowdown("o*", "abc", ratio, "it is simpler"));
        Assert.That((one.Regressed, one.SlowerAsAccepted), Is.EqualTo((regressed, !regressed)));
    }

    [Test]
    public void Accepted_time_is_no_leave_for_bytes_nor_for_other_benchmarks()
    {
        AcceptedSlowdown[] entries = [new("o*", "abc", 1.35, "it is simpler"), new("on?", "abc", 1.2, "a narrower one")];
        Assert.That(Accepted(Slower(130, 129, "one", allocated: 5e6), entries).Regressed);
        Assert.That(Accepted(Slower(130, 129, "two"), entries).Regressed);
        Assert.That(Accepted(Slower(130, 129, "one"), entries).Regressed, Is.False, "the most generous entry counts");
    }

    [TestCase(0, 1000, false)]
    [TestCase(0, 1100, true)]
    [TestCase(1e6, 1e6 + 20_000, false)]
    [TestCase(1e6, 1.03e6, true)]
    public void More_allocated_bytes_are_a_regression_when_seen_twice(double before, double after, bool regressed)
    {
        IReadOnlyList<ComparedBenchmark> once = Compare(Version(100, allocated: before), Version(100, allocated: after));
        Assert.That((once.Single().Suspect, once.Single().Regressed), Is.EqualTo((regressed, false)));
        Assert.That(Comparison.WithRepeat(once, once).Single().Regressed, Is.EqualTo(regressed));
        Assert.That(Comparison.WithRepeat(once, Compare(Version(100), Version(100))).Single().Regressed, Is.False);
    }

    [TestCase(50e6, 4000, false)] // nanoseconds
    [TestCase(50e6, 4500, true)]
    [TestCase(5e6, 4000, true)]
    public void The_longer_an_operation_takes_the_more_other_threads_allocate(double time, double more, bool regressed) =>
        Assert.That(Compare(Version(time, allocated: 3000), Version(time, allocated: 3000 + more)).Single().Suspect, Is.EqualTo(regressed));

    [TestCase(50e6, 58e6, false)]
    [TestCase(50e6, 70e6, true)]
    public void More_memory_at_the_peak_is_a_regression_when_seen_twice(double before, double after, bool regressed)
    {
        IReadOnlyList<ComparedBenchmark> once = Compare(Version(100, peak: before), Version(100, peak: after));
        Assert.That((once.Single().Suspect, once.Single().Regressed), Is.EqualTo((regressed, false)));
        Assert.That(Comparison.WithRepeat(once, once).Single().Regressed, Is.EqualTo(regressed));
        Assert.That(Comparison.WithRepeat(once, Compare(Version(100), Version(100))).Single().Regressed, Is.False);
    }

    [Test]
    public void Bytes_are_the_least_of_all_rounds()
    {
        IReadOnlyList<IReadOnlyList<BenchmarkResult>> disturbed = [.. Version(100, allocated: 10_000).Select((round, i) =>
            i == 0 ? (IReadOnlyList<BenchmarkResult>)[round[0] with { AllocatedBytes = 90_000 }] : round)];
        Assert.That(Compare(Version(100, allocated: 10_000), disturbed).Single().Suspect, Is.False);
    }

    [TestCase(5e6, true)]
    [TestCase(40e6, false)]
    public void A_peak_that_moves_by_itself_must_rise_by_more_than_that(double between, bool regressed)
    {
        IReadOnlyList<IReadOnlyList<BenchmarkResult>> moving = [.. Version(100, peak: 80e6).Select((round, i) =>
            (IReadOnlyList<BenchmarkResult>)[round[0] with { PeakBytes = 80e6 + between * (i % 2) }])];
        Assert.That(Compare(Version(100, peak: 60e6), moving).Single().Suspect, Is.EqualTo(regressed));
    }

    [Test]
    public void Benchmarks_of_one_version_only_are_named_and_left_out()
    {
        BenchmarkResult both = Result("both", 1), old = Result("old", 1), added = Result("added", 1);
        Assert.That(Comparison.Of([[old, both]], [[both, added]], s_settings).Select(one => one.Id), Is.EqualTo(new[] { "both" }));
        Assert.That(Comparison.Unmatched([old, both], [both, added]), Is.EqualTo(new[] { "added", "old" }));
    }

    [Test]
    public void The_table_names_what_regressed_first_and_says_why()
    {
        IReadOnlyList<ComparedBenchmark> compared = [.. Compare(Version(100, id: "a.same"), Version(100, id: "a.same")),
            .. Comparison.WithRepeat(Compare(Version(100, id: "b.slow"), Version(130, allocated: 5e6, id: "b.slow")), Compare(Version(100, id: "b.slow"), Version(130, allocated: 5e6, id: "b.slow")))];
        string[] lines = ComparisonTable.Of(compared).ToMarkdown().Split('\n');
        Assert.That(lines[2], Does.StartWith("| b.slow").And.Contains(" 1.30 |").And.Contains("| slower, twice").And.EndsWith("| allocates more and slower |"));
        Assert.That(lines[3], Does.StartWith("| a.same").And.Contains("| same").And.EndsWith("| ok                        |"));
    }

    [Test]
    public void The_table_gives_the_reason_of_what_is_accepted()
    {
        AcceptedSlowdown[] entries = [new("b.*", "abc", 1.35, "one formula an objective")];
        string[] lines = ComparisonTable.Of([.. Compare(Version(100, id: "a"), Version(100, id: "a")), Accepted(Slower(130, 129, "b.slow"), entries),
            Accepted(Slower(160, 158, "b.slower"), entries)]).ToMarkdown().Split('\n');
        Assert.That(lines[2], Does.StartWith("| b.slower").And.EndsWith("| slower, by more than the accepted 1.35     |"));
        Assert.That(lines[3], Does.StartWith("| b.slow ").And.EndsWith("| slower, accepted: one formula an objective |"));
        Assert.That(lines[4], Does.StartWith("| a ").And.Contains("| ok "));
    }

    private static ComparedBenchmark Slower(double time, double again, string id, double allocated = 0) => Comparison.WithRepeat(
        Compare(Version(100, id: id), Version(time, allocated, id: id)), Compare(Version(100, id: id), Version(again, allocated, id: id))).Single();

    private static ComparedBenchmark Accepted(ComparedBenchmark one, params AcceptedSlowdown[] entries) => Comparison.WithAccepted([one], entries).Single();

    private static IReadOnlyList<ComparedBenchmark> Compare(IReadOnlyList<IReadOnlyList<BenchmarkResult>> before, IReadOnlyList<IReadOnlyList<BenchmarkResult>> after) =>
        Comparison.Of(before, after, s_settings);

    // 6 rounds of 4 iterations around a time
    private static IReadOnlyList<IReadOnlyList<BenchmarkResult>> Version(double time, double allocated = 0, double peak = 0, string id = "one") =>
        [.. Enumerable.Range(0, 6).Select(round => (IReadOnlyList<BenchmarkResult>)[Result(id, time + 0.1 * round) with { AllocatedBytes = allocated, PeakBytes = peak }])];

    private static BenchmarkResult Result(string id, double time) => new() { Id = id, Nanoseconds = [time, time + 0.5, time + 0.2, time + 0.4] };
}
