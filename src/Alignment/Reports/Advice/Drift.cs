using Alignment.Evaluation;
using Alignment.Reports.Numbers;
using Alignment.Reports.Tables;
using Alignment.Reports.Text;

namespace Alignment.Reports.Advice;

/// <summary>
/// How far a method's best run is from the SFT model. That one moves least is said by KL k3 alone, which cannot be negative, only beyond the noise over
/// the prompts, and not at all where the signed estimate shows that the responses are no sample of the policy itself.
/// </summary>
internal static class Drift
{
    private const string Signed = "KL, nats", NonNegative = "KL k3, nats";

    /// <summary>The finding, or null where nothing is known of the distance.</summary>
    public static Finding? Of(ReportData data, MethodRuns method)
    {
        (Estimate signed, Estimate k3) = (method.Best!.Summary.MeanKl, method.Best.Summary.MeanKlK3);
        if (double.IsNaN(signed.Value))
            return null;
        Source own = new("table1", method.Method, Signed), ownK3 = own with { Column = NonNegative };
        string text = double.IsNaN(k3.Value) ? $"{method.Method}'s best run is {Estimates.Text(signed, 2)} nats per response from {data.Sweep.Start} by the signed KL (k1)"
            : $"{method.Method}'s best run is {Estimates.Text(k3, 2)} nats per response from {data.Sweep.Start} by KL k3, {Estimates.Text(signed, 2)} by the signed KL (k1)";
        Source[] sources = double.IsNaN(k3.Value) ? [own] : [ownK3, own];
        return Least(data) is not { } least ? new Finding($"{text}.", sources)
            : least == method ? new Finding($"{text}: the least of the best runs.", sources)
            : new Finding($"{text}; {least.Method}'s best run moves least, {Estimates.Text(least.Best!.Summary.MeanKlK3, 2)} by KL k3.",
                [.. sources, ownK3 with { Row = least.Method }]);
    }

    /// <summary>The best runs whose signed estimate fails, or null where it fails for none.</summary>
    public static Finding? Failed(ReportData data)
    {
        MethodRuns[] failed = [.. data.Finished.Where(Fails)];
        return failed.Length == 0 ? null : Finding.Of("The signed KL (k1) of the best run of "
            + $"{Words.And(failed.Select(method => $"{method.Method}, {Estimates.Text(method.Best!.Summary.MeanKl, 2)},"))} "
            + "lies below 0, which no KL does: that estimator fails here, and nobody can be said to move least. Responses sampled at another temperature than 1, or with "
            + "top-p below 1, bend both estimates.", "table1", failed, Signed);
    }

    // null where it is not told apart from another, or any estimate fails
    private static MethodRuns? Least(ReportData data)
    {
        MethodRuns[] known = [.. data.Finished.Where(method => !double.IsNaN(method.Best!.Summary.MeanKlK3.Value))];
        if (known.Length < 2 || known.Length < data.Finished.Count || known.Any(Fails))
            return null;
        MethodRuns least = known.MinBy(method => method.Best!.Summary.MeanKlK3.Value)!;
        return known.All(other => other == least || data.Difference(SampleMetrics.KlK3, least.Best!, other.Best!).High < 0) ? least : null;
    }

    private static bool Fails(MethodRuns method) => method.Best!.Summary.MeanKl.High < 0;
}
