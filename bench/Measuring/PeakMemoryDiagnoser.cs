using BenchmarkDotNet.Analysers;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Engines;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Validators;

namespace Alignment.Bench.Measuring;

/// <summary>
/// <see cref="PeakMemory"/> over the measured iterations of each benchmark, above what its setup left resident. It reads its own process, so the
/// benchmarks must run in it.
/// </summary>
internal sealed class PeakMemoryDiagnoser : IDiagnoser
{
    private readonly Dictionary<BenchmarkCase, long> _before = [], _extra = [];

    public IEnumerable<string> Ids => [nameof(PeakMemoryDiagnoser)];

    public IEnumerable<IExporter> Exporters => [];

    public IEnumerable<IAnalyser> Analysers => [];

    public RunMode GetRunMode(BenchmarkCase benchmarkCase) => RunMode.NoOverhead;

    public void Handle(HostSignal signal, DiagnoserActionParameters parameters)
    {
        if (signal == HostSignal.BeforeActualRun && PeakMemory.TryRestart())
            _before[parameters.BenchmarkCase] = PeakMemory.Now;
        else if (signal == HostSignal.AfterActualRun && _before.TryGetValue(parameters.BenchmarkCase, out long before))
            _extra[parameters.BenchmarkCase] = PeakMemory.Bytes - before;
    }

    public IEnumerable<Metric> ProcessResults(DiagnoserResults results)
    {
        if (_extra.TryGetValue(results.BenchmarkCase, out long bytes))
            yield return new Metric(PeakMemoryMetric.Instance, bytes);
    }

    public void DisplayResults(ILogger logger)
    {
    }

    public IEnumerable<ValidationError> Validate(ValidationParameters validationParameters) => [];

    private sealed class PeakMemoryMetric : IMetricDescriptor
    {
        public static PeakMemoryMetric Instance { get; } = new();

        public string Id => "PeakMemory";

        public string DisplayName => "Peak";

        public string Legend => "Most resident memory of the process during the measured iterations, above what the setup left";

        public string NumberFormat => "0.##";

        public UnitType UnitType => UnitType.Size;

        public string Unit => "B";

        public bool TheGreaterTheBetter => false;

        public int PriorityInCategory => 10;

        public bool GetIsAvailable(Metric metric) => true;
    }
}
