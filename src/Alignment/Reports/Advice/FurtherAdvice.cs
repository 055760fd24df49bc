using Alignment.Reports.Numbers;
using Alignment.Reports.Tables;
using Alignment.Reports.Text;

namespace Alignment.Reports.Advice;

/// <summary>The runs that would decide what is open, in a sentence.</summary>
internal static class FurtherAdvice
{
    /// <summary>Nothing of a sweep with too few runs.</summary>
    public static IEnumerable<Finding> Of(ReportData data)
    {
        if (data.Further.Count > 0)
            yield return new Finding($"Run {Words.And(data.Further.Select(run => $"{run.Point.Slug} ({run.Kind}, {Digits.Fixed(run.Effect.SettingChance, 2)})"))}: "
                + "in brackets the chance that it changes which setting is expected to be best.",
                [.. data.Further.Select(run => new Source(NextTable.Id, run.Point.Slug, NextTable.ChangesSetting))]);
    }
}
