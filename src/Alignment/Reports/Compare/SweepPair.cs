using Alignment.Evaluation;
using Alignment.Reports.Numbers;
using Alignment.Sweeps;

namespace Alignment.Reports.Compare;

/// <summary>Two finished sweeps beside each other: two data sets, two model sizes, or before and after a change.</summary>
internal sealed class SweepPair
{
    private readonly Lazy<bool> _samePrompts;
    private readonly Bootstrap _otherBootstrap;

    /// <summary>Prepares two sweeps; samples are read when first asked for.</summary>
    public SweepPair(StoredSweep first, StoredSweep second)
    {
        (First, Second) = (new ReportData(first), new ReportData(second));
        (FirstName, SecondName) = Names(first, second);
        _samePrompts = new(() => First.Prompts > 0 && Prompts(First).SequenceEqual(Prompts(Second)));
        // prompts of another sweep are drawn apart from those of the first
        _otherBootstrap = new Bootstrap(Second.Bootstrap.Clusters, second.Seed + 1);
    }

    /// <summary>The sweep that is looked back to.</summary>
    public ReportData First { get; }

    /// <summary>The other.</summary>
    public ReportData Second { get; }

    /// <summary>What the tables call the first.</summary>
    public string FirstName { get; }

    /// <summary>What the tables call the second.</summary>
    public string SecondName { get; }

    /// <summary>Both answer the same prompts in the same order, so that their responses are compared pair by pair.</summary>
    public bool SamePrompts => _samePrompts.Value;

    /// <summary>What runs start from, as <see cref="StoredSweep.StartModel"/>; the SFT model only where it is that in both.</summary>
    public string StartModel => First.Sweep.StartModel == Second.Sweep.StartModel ? First.Sweep.StartModel : "start model";

    /// <summary>"SFT score" or "start score".</summary>
    public string StartScore => StartModel.Replace("model", "score", StringComparison.Ordinal);

    /// <summary>Methods with a finished run in both, in the first's order.</summary>
    public IReadOnlyList<(MethodRuns First, MethodRuns Second)> Shared =>
    [
        .. First.Finished.Select(method => (First: method, Second: Second.Finished.FirstOrDefault(other => other.Method == method.Method)))
            .Where(pair => pair.Second is not null).Select(pair => (pair.First, pair.Second!)),
    ];

    /// <summary>A metric of a run of the second sweep minus that of a run of the first, with its interval.</summary>
    /// <param name="metric">The metric.</param>
    /// <param name="first">A run of the first sweep.</param>
    /// <param name="second">A run of the second.</param>
    /// <param name="confidence">Share of resampled differences inside the interval.</param>
    public Estimate Difference(SampleMetric metric, StoredRun first, StoredRun second, double confidence)
    {
        double[] a = metric.OfColumns(First.Columns(first)), b = metric.OfColumns(Second.Columns(second));
        return SamePrompts
            ? First.Bootstrap.Mean([.. b.Zip(a, (x, y) => x - y)], confidence)
            : Bootstrap.Difference((b, _otherBootstrap), (a, First.Bootstrap), confidence);
    }

    private static IEnumerable<string> Prompts(ReportData data) =>
        (data.Sweep.Sft ?? data.Sweep.Runs[0]).Samples().OrderBy(row => row.PromptIndex).Select(row => row.Prompt);

    // the folders' names, as far up as they are the same
    private static (string First, string Second) Names(StoredSweep first, StoredSweep second)
    {
        string[] a = Parts(first.Folder), b = Parts(second.Folder);
        for (int length = 1; length <= Math.Min(a.Length, b.Length); length++)
        {
            (string x, string y) = (string.Join('/', a[^length..]), string.Join('/', b[^length..]));
            if (x != y)
                return (x, y);
        }

        return ("first", "second");
        static string[] Parts(string folder) => Path.GetFullPath(folder).Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries);
    }
}
