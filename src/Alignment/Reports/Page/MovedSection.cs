using Alignment.Reports.Tables;

namespace Alignment.Reports.Page;

/// <summary>What training did to the likelihood of held-out responses, below length and distance.</summary>
internal static class MovedSection
{
    /// <summary>The table, where the runs know.</summary>
    public static void Write(HtmlText page, ReportTables tables)
    {
        foreach (ReportTable moved in tables.Moved)
            HtmlTable.Section(page, moved);
    }
}
