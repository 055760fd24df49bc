namespace Alignment.Reports;

/// <summary>The tables of a report.</summary>
public static class ReportTables
{
    /// <summary>The tables that the paper does not have, besides the budget: methods, reach, grids, settings, sensitivity, noise, length.</summary>
    public static IEnumerable<ReportTable> Beyond(ReportData data) =>
    [
        TestsTable.Of(data), ReachTable.Of(data), BudgetTable.Grid(data), SettingsTable.Of(data), SensitivityTable.Of(data), NoiseTable.Of(data),
        LengthTable.Of(data),
    ];
}
