using Alignment.Reports.Numbers;

namespace Alignment.Reports.Tables;

/// <summary>Every table of a report, each made once.</summary>
internal sealed class ReportTables(ReportData data)
{
    /// <summary>start: what to start each method with.</summary>
    public ReportTable Start { get; } = StartTable.Of(data);

    /// <summary>objections: what speaks against each method.</summary>
    public ReportTable Against { get; } = AgainstTable.Of(data);

    /// <summary>facts: what the numbers rest on.</summary>
    public ReportTable Facts { get; } = FactsTable.Of(data);

    /// <summary>claims: the paper's findings on this sweep.</summary>
    public ReportTable Claims { get; } = ClaimsTable.Of(data);

    /// <summary>table1: the best run of each method.</summary>
    public ReportTable Best { get; } = Table1.Of(data);

    /// <summary>table3: methods head to head.</summary>
    public ReportTable HeadToHead { get; } = Table3.Of(data);

    /// <summary>runs: every run.</summary>
    public ReportTable Runs { get; } = RunTable.Of(data.Sweep);

    /// <summary>search and stopped: the rounds of a search and the runs it stopped, where there are some.</summary>
    public IReadOnlyList<ReportTable> Search { get; } = [.. SearchTable.Of(data.Sweep), .. StoppedTable.Of(data.Sweep)];

    /// <summary>next: what would decide what is open.</summary>
    public ReportTable Next { get; } = NextTable.Of(data, data.Further);

    /// <summary>budget: the expected best of k runs.</summary>
    public ReportTable Budget { get; } = BudgetTable.Of(data);

    /// <summary>methods: every pair at every budget.</summary>
    public ReportTable Methods { get; } = MethodsTable.Of(data);

    /// <summary>settings-like-these: every pair for settings that were not tried.</summary>
    public ReportTable SettingsLikeThese { get; } = SettingsLeadTable.Of(data);

    /// <summary>reach: runs one method needs to reach another.</summary>
    public ReportTable Reach { get; } = ReachTable.Of(data);

    /// <summary>grids: what each method's grid holds.</summary>
    public ReportTable Grids { get; } = GridTable.Of(data);

    /// <summary>settings: each setting beside its method's best.</summary>
    public ReportTable Settings { get; } = SettingsTable.Of(data);

    /// <summary>sensitivity: which hyperparameters matter.</summary>
    public ReportTable Sensitivity { get; } = SensitivityTable.Of(data);

    /// <summary>noise: settings, seeds and prompts apart.</summary>
    public ReportTable Noise { get; } = NoiseTable.Of(data);

    /// <summary>length: wins at equal length.</summary>
    public ReportTable Length { get; } = LengthTable.Of(data);

    /// <summary>moved: likelihoods of held-out responses, where runs know.</summary>
    public IReadOnlyList<ReportTable> Moved { get; } = [.. MovedTable.Of(data)];

    /// <summary>averages: means of last checkpoints beside the runs they are of, where there are some.</summary>
    public IReadOnlyList<ReportTable> Averages { get; } = [.. AveragesTable.Of(data)];

    /// <summary>on-policy: the data's own pairs beside those of a round on-policy, where there is one.</summary>
    public IReadOnlyList<ReportTable> OnPolicy { get; } = [.. OnPolicyTable.Of(data)];

    /// <summary>judges, judge-agreement and judge-runs: who scored the runs, as far as the store says.</summary>
    public IReadOnlyList<ReportTable> Judges { get; } = [.. JudgeTables.Of(data)];

    /// <summary>data: what was trained and tested on, where runs say.</summary>
    public IReadOnlyList<ReportTable> Data { get; } = DataTable.Of(data.Sweep) is { } table ? [table] : [];

    /// <summary>All of them, in the order they are written.</summary>
    public IReadOnlyList<ReportTable> All =>
    [
        Start, Against, Facts, Claims, Best, HeadToHead, Runs, Budget, Methods, SettingsLikeThese, Reach, Grids, Settings, Sensitivity, Noise, Length,
        .. Moved, .. Averages, .. OnPolicy, Next, .. Search, .. Judges, .. Data,
    ];

    /// <summary>The one in whose file a table stands: itself, or the one that it is to be read after.</summary>
    public ReportTable With(string id) => All.First(table => table.Id == id || table.Further.Any(further => further.Id == id));
}
