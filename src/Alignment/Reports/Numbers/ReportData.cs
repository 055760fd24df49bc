using Alignment.Evaluation;
using Alignment.Sweeps;

namespace Alignment.Reports.Numbers;

/// <summary>A sweep with what several tables need of it: ranked methods, every run's numbers in prompt order, one bootstrap.</summary>
internal sealed class ReportData
{
    private readonly Lazy<Dictionary<string, SampleColumns>> _columns;
    private readonly Lazy<Bootstrap> _bootstrap;
    private readonly Lazy<IReadOnlyDictionary<string, IReadOnlyList<GridSetting>>> _settings;
    private readonly Lazy<IReadOnlyDictionary<string, GridPicks>> _picks;
    private readonly Lazy<IReadOnlyDictionary<string, BudgetDraws>> _draws;
    private readonly Lazy<IReadOnlyDictionary<string, Estimate[]>> _expected;
    private readonly Lazy<MethodComparisons> _comparisons;
    private readonly Lazy<IReadOnlyList<JudgeComparison>> _judges;
    private readonly Lazy<IReadOnlyList<FurtherRun>> _further;
    private readonly Lazy<IReadOnlyList<RoundComparison>> _rounds;

    /// <summary>Prepares <paramref name="sweep"/>; samples are read when first asked for.</summary>
    public ReportData(StoredSweep sweep)
    {
        Sweep = sweep;
        Methods = MethodRuns.Of(sweep);
        _columns = new(() => RunNumbers.Read(sweep));
        _bootstrap = new(() => new Bootstrap(Clusters(), sweep.Seed));
        _settings = new(() => Finished.ToDictionary(method => method.Method, method => GridSettings(method, SampleMetrics.Score)));
        _picks = new(() => Finished.ToDictionary(method => method.Method, method => new GridPicks(method.Method, GridSettings(method), Bootstrap, sweep.Seed)));
        _draws = new(() => Finished.ToDictionary(method => method.Method,
            method => BudgetDraws.Of([.. GridSettings(method).Select(setting => setting.Runs)], Bootstrap, sweep.Seed, method.Method)));
        _expected = new(() => Finished.ToDictionary(method => method.Method, method => ExpectedBest([.. GridSettings(method).Select(setting => setting.Column)])));
        _comparisons = new(() => MethodComparisons.Of(this));
        _judges = new(() => JudgeComparison.Of(this));
        Recipe = StoredRecipe.Read(sweep.Folder);
        _further = new(() => FurtherRuns.Of(this, Recipe));
        _rounds = new(() => RoundComparison.Of(this));
        OnPolicy = sweep.OnPolicy is { } round ? new ReportData(round) : null;
        Others = [.. sweep.ByOthers.Select(other => new ReportData(other))];
    }

    /// <summary>The sweep.</summary>
    public StoredSweep Sweep { get; }

    /// <summary>The recipe as the sweep's folder last ran it; null where there is none.</summary>
    public Recipes.Recipe? Recipe { get; }

    /// <summary>What would decide what is open.</summary>
    public IReadOnlyList<FurtherRun> Further => _further.Value;

    /// <summary>The same runs by the sweep's further judges.</summary>
    public IReadOnlyList<ReportData> Others { get; }

    /// <summary>The runs of the round on-policy; null where there is none.</summary>
    public ReportData? OnPolicy { get; }

    /// <summary>Each method offline and on-policy.</summary>
    public IReadOnlyList<RoundComparison> Rounds => _rounds.Value;

    /// <summary>Every report: this one and that of its round on-policy, then those by the further judges.</summary>
    public IEnumerable<ReportData> All => ByJudge.SelectMany(data => data.OnPolicy is { } round ? new[] { data, round } : [data]);

    /// <summary>This judge, then the further ones.</summary>
    public IReadOnlyList<ReportData> ByJudge => [this, .. Others];

    /// <summary>Every two judges beside each other.</summary>
    public IReadOnlyList<JudgeComparison> JudgeComparisons => _judges.Value;

    /// <summary>Its methods: DPO, LN-DPO and SimPO first, then others in grid order.</summary>
    public IReadOnlyList<MethodRuns> Methods { get; }

    /// <summary>The methods that have a finished run.</summary>
    public IReadOnlyList<MethodRuns> Finished => [.. Methods.Where(method => method.Best is not null)];

    /// <summary>How many prompts every run answers; 0 without a run.</summary>
    public int Prompts => (Sweep.Sft ?? (Sweep.Runs.Count > 0 ? Sweep.Runs[0] : null)) is { } run ? Columns(run).Score.Length / Math.Max(1, run.Facts.Data?.ResponsesPerPrompt ?? 1) : 0;

    /// <summary>Resamples of the sweep's prompts, drawn from its seed.</summary>
    public Bootstrap Bootstrap => _bootstrap.Value;

    /// <summary>The methods compared two by two at each budget.</summary>
    public MethodComparisons Comparisons => _comparisons.Value;

    /// <summary>The numbers of <paramref name="run"/> by ascending prompt index.</summary>
    /// <exception cref="InvalidDataException">A run's samples are unusable, or on other prompts than the SFT run's; the message names the run.</exception>
    public SampleColumns Columns(StoredRun run) => _columns.Value[run.Id];

    /// <summary>[runs][prompts] the scores of a method's runs, best run first.</summary>
    public double[][] Scores(MethodRuns method) => [.. method.Ranked.Select(run => Columns(run).Score)];

    /// <summary>[settings] a method's settings with the scores of their runs, best first.</summary>
    public IReadOnlyList<GridSetting> GridSettings(MethodRuns method) => _settings.Value[method.Method];

    /// <summary>[settings] as above with another metric of their runs, still by score.</summary>
    public IReadOnlyList<GridSetting> GridSettings(MethodRuns method, SampleMetric metric)
    {
        IReadOnlyList<string> shared = SharedHyperparameters.Of(Finished);
        return [.. MethodSettings.Of(method).Select(setting => new GridSetting(SharedHyperparameters.Values(setting, shared), [.. setting.Runs.Select(run => metric.OfColumns(Columns(run)))]))];
    }

    /// <summary>What a method's settings are picked by, and what that is worth.</summary>
    public GridPicks Picks(MethodRuns method) => _picks.Value[method.Method];

    /// <summary>[settings] the expected best mean score after 1, 2, … settings of a method that has one, each with its interval over prompts.</summary>
    public IReadOnlyList<Estimate> Expected(MethodRuns method) => _expected.Value[method.Method];

    /// <summary>What a budget may bring with a method that has a finished run.</summary>
    public BudgetDraws Draws(MethodRuns method) => _draws.Value[method.Method];

    /// <summary>The paired difference <paramref name="run"/> − <paramref name="baseline"/> of a metric, with its 95 % interval.</summary>
    public Estimate Difference(SampleMetric metric, StoredRun run, StoredRun baseline) =>
        Bootstrap.Mean([.. metric.OfColumns(Columns(run)).Zip(metric.OfColumns(Columns(baseline)), (x, y) => x - y)]);

    private Estimate[] ExpectedBest(double[][] scores) => Bootstrap.Means([.. Enumerable.Range(1, scores.Length).Select(k => Weighted(scores, k))]);

    // a prompt that stands several times is one
    private PromptClusters Clusters() => (Sweep.Sft ?? (Sweep.Runs.Count > 0 ? Sweep.Runs[0] : null)) is { } run
        ? PromptClusters.OfTexts(run.Samples().OrderBy(row => row.PromptIndex).Select(row => row.Prompt)) : PromptClusters.Each(1);

    // [prompts] the ranked runs' scores, weighted with the chance that each is the best of k
    private static double[] Weighted(double[][] scores, int trials)
    {
        double[] column = new double[scores[0].Length];
        int rank = 0;
        foreach (double weight in BestOfBudget.Weights(scores.Length, trials))
        {
            double[] run = scores[rank++];
            for (int prompt = 0; prompt < column.Length; prompt++)
                column[prompt] += weight * run[prompt];
        }

        return column;
    }
}
