using System.Text.Json;
using System.Xml.Linq;
using Alignment.Bench.Tracking;
using Alignment.Tests.Unit.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Bench;

public class TrackingFilesTests
{
    private const string Report = """
        {"Title":"joined","Benchmarks":[
        {"FullName":"Alignment.Bench.LossBench.Dpo(Size: 8 pairs)","Measurements":[
        {"IterationMode":"Workload","IterationStage":"Warmup","Operations":1,"Nanoseconds":900},
        {"IterationMode":"Workload","IterationStage":"Actual","Operations":4,"Nanoseconds":404},
        {"IterationMode":"Workload","IterationStage":"Result","Operations":4,"Nanoseconds":400},
        {"IterationMode":"Workload","IterationStage":"Result","Operations":4,"Nanoseconds":420}],
        "Metrics":[{"Value":128,"Descriptor":{"Id":"Allocated Memory"}},{"Value":4096,"Descriptor":{"Id":"PeakMemory"}}]},
        {"FullName":"failed","Measurements":[]}]}
        """;

    private static readonly HistoryEntry s_entry = new()
    {
        Benchmark = "Alignment.Bench.LossBench.Dpo(Size: 8 pairs)",
        Revision = "abc",
        Time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        Machine = "0123456789ab",
        Median = 2e6,
        Low = 1.5e6,
        High = 2.5e6,
        Iterations = 15,
        AllocatedBytes = 128,
    };

    [Test]
    public void A_report_gives_time_per_operation_bytes_and_peak_of_what_finished()
    {
        BenchmarkResult result = ResultFile.Parse(Report).Single();
        Assert.That(result.Id, Is.EqualTo("Alignment.Bench.LossBench.Dpo(Size: 8 pairs)"));
        Assert.That(result.Nanoseconds, Is.EqualTo(new[] { 100.0, 105 }));
        Assert.That((result.AllocatedBytes, result.PeakBytes), Is.EqualTo((128.0, 4096.0)));
    }

    [Test]
    public void A_folder_without_results_is_an_error_that_says_so()
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => ResultFile.Newest(folder.Path), Throws.TypeOf<FileNotFoundException>().With.Message.EndsWith("*-report-full.json: the benchmarks wrote no result"));
    }

    [Test]
    public void History_lines_are_appended_and_read_back()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("deep/history.jsonl");
        Assert.That(History.Read(path), Is.Empty);
        History.Append(path, [s_entry]);
        History.Append(path, [s_entry with { Revision = "def", PeakBytes = 7 }]);
        Assert.That(History.Read(path), Is.EqualTo(new[] { s_entry, s_entry with { Revision = "def", PeakBytes = 7 } }));
        File.AppendAllText(path, "{}\n");
        Assert.That(() => History.Read(path), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith($"{path}(3): not a line of the benchmark history"));
    }

    [Test]
    public void A_history_entry_holds_median_and_quartiles()
    {
        HistoryEntry entry = History.Entries([new() { Id = "a", Nanoseconds = [5, 1, 3, 2, 4] }], "abc", "m", s_entry.Time).Single();
        Assert.That((entry.Low, entry.Median, entry.High, entry.Iterations), Is.EqualTo((2.0, 3.0, 4.0, 5)));
    }

    [Test, SetCulture("de-DE")]
    public void A_trend_is_a_figure_per_benchmark_with_a_line_per_machine()
    {
        (string name, string svg) = TrendFigures.Of([s_entry, s_entry with { Revision = "def", Median = 3e6, High = 3.5e6 }, s_entry with { Machine = "ffff" }]).Single();
        Assert.That(name, Is.EqualTo("LossBench.Dpo_Size__8_pairs.svg"));
        XElement figure = XDocument.Parse(svg).Root!;
        Assert.That(figure.Elements().First().Value, Is.EqualTo("How long did LossBench.Dpo(Size: 8 pairs) take?"));
        Assert.That(figure.Descendants().Where(element => element.Name.LocalName == "circle").Select(dot => dot.Value),
            Has.Some.EqualTo("abc, 2026-01-02: 2.000 ms").And.Some.EqualTo("def, 2026-01-02: 3.000 ms").And.Some.EqualTo("machine ffff"));
    }

    [Test, SetCulture("de-DE")]
    public void The_action_s_file_lists_time_bytes_and_peak_smaller_is_better()
    {
        JsonElement[] entries = [.. JsonDocument.Parse(ActionBenchmark.Json(ResultFile.Parse(Report))).RootElement.EnumerateArray()];
        Assert.That(entries.Select(entry => (entry.GetProperty("name").GetString(), entry.GetProperty("unit").GetString(), entry.GetProperty("value").GetDouble())), Is.EqualTo(new[]
        {
            ("Alignment.Bench.LossBench.Dpo(Size: 8 pairs)", "ns", 102.5),
            ("Alignment.Bench.LossBench.Dpo(Size: 8 pairs) allocated", "bytes", 128),
            ("Alignment.Bench.LossBench.Dpo(Size: 8 pairs) peak memory", "bytes", 4096),
        }));
    }

    [Test]
    public void Fingerprints_differ_with_processor_threads_and_device_and_name_none()
    {
        string one = MachineFingerprint.Of("Xeon", 2, "cpu");
        Assert.That(one, Is.EqualTo(MachineFingerprint.Of("Xeon", 2, "cpu")).And.Length.EqualTo(12));
        Assert.That(new[] { MachineFingerprint.Of("Epyc", 2, "cpu"), MachineFingerprint.Of("Xeon", 4, "cpu"), MachineFingerprint.Of("Xeon", 2, "cuda:0") }, Has.None.EqualTo(one));
        Assert.That(MachineFingerprint.Processor(), Is.Not.Empty);
    }
}
