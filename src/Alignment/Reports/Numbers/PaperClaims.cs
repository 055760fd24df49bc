using System.Globalization;
using Alignment.Evaluation;

namespace Alignment.Reports.Numbers;

/// <summary>A finding of the paper on this sweep.</summary>
/// <param name="Claim">What the paper finds, in the words of a comparison.</param>
/// <param name="Paper">The paper's own figure; empty where it gives none.</param>
/// <param name="Unit">Of <paramref name="Here"/>.</param>
/// <param name="Here">The same on this sweep with its 95 % interval; null where it cannot be computed.</param>
/// <param name="Holds">An interval says whether the claim holds: 1 for above the line, −1 for below.</param>
/// <param name="Line">What the interval is compared with.</param>
/// <param name="SeedsAreKnown">Seeds are in the interval; without them nothing is told.</param>
internal sealed record PaperClaim(string Claim, string Paper, string Unit, Estimate? Here, int Holds, double Line = 0, bool SeedsAreKnown = true)
{
    // equal numbers that were summed in another order
    private const double Equal = 1e-9;

    /// <summary>"supported" where the whole interval agrees, "contradicted" where the whole of it does not, else "not to be told".</summary>
    public string Verdict => !SeedsAreKnown || Here is not { } here ? "not to be told"
        : Holds * (here.Low - Line) > Equal && Holds * (here.High - Line) > Equal ? "supported"
        : Holds * (here.Low - Line) < -Equal && Holds * (here.High - Line) < -Equal ? "contradicted" : "not to be told";
}

/// <summary>The paper's findings (Ahrabian et al. 2024, its Tables 1 and 3 and Figures 1 to 9) on DPO, LN-DPO and SimPO, tested on a sweep that has them.</summary>
internal static class PaperClaims
{
    private const string Dpo = "DPO", Normalised = "LN-DPO", SimPo = "SimPO";
    private const double AboutHalf = 0.75;

    /// <summary>Every claim whose methods the sweep has.</summary>
    public static IReadOnlyList<PaperClaim> Of(ReportData data)
    {
        MethodRuns? dpo = Method(data, Dpo), normalised = Method(data, Normalised), simPo = Method(data, SimPo);
        List<PaperClaim> claims = [];
        if (dpo is not null)
        {
            foreach ((MethodRuns method, string length, string kl) in new[] { (normalised, "−16 %", "−26 %"), (simPo, "−23 %", "−21 %") }.Where(other => other.Item1 is not null)
                .Select(other => (other.Item1!, other.Item2, other.Item3)))
                claims.AddRange(AgainstDpo(data, method, dpo, length, kl));
            claims.AddRange(OverBeta(data, dpo, normalised));
        }

        if (simPo is not null)
        {
            foreach (MethodRuns other in new[] { dpo, normalised }.OfType<MethodRuns>())
            {
                claims.Add(Average(data, simPo, other, SampleMetrics.Length, $"SimPO's answers are shorter than {other.Method}'s over all of its runs", -1));
                claims.Add(Average(data, simPo, other, SampleMetrics.KlPerToken, $"SimPO moves more per token than {other.Method}", 1));
            }

            if (dpo is not null)
                claims.Add(Time(simPo, dpo));
        }

        return claims;
    }

    private static MethodRuns? Method(ReportData data, string name) => data.Finished.FirstOrDefault(method => method.Method == name);

    private static IEnumerable<PaperClaim> AgainstDpo(ReportData data, MethodRuns method, MethodRuns dpo, string length, string kl)
    {
        string name = method.Method;
        SampleMetric distance = double.IsNaN(method.Best!.Summary.MeanKlK3.Value + dpo.Best!.Summary.MeanKlK3.Value) ? SampleMetrics.Kl : SampleMetrics.KlK3;
        Lead atBest = GridLead.Of(data.Picks(method), data.Picks(dpo), [int.MaxValue], data.Bootstrap.Clusters);
        Lead average = GridLead.Of(data.Picks(method), data.Picks(dpo), [1], data.Bootstrap.Clusters);
        bool seeds = Known(data.Picks(method)) && Known(data.Picks(dpo));
        yield return new($"At its best {name} scores higher than DPO", "higher", "score", atBest.Interval(0.95), 1, SeedsAreKnown: seeds);
        yield return AtBest(data, method, dpo, SampleMetrics.Length, $"At its best {name} answers shorter than DPO", length);
        yield return AtBest(data, method, dpo, distance, $"At its best {name} moves less than DPO (KL)", kl);
        yield return new($"Over its grid {name} scores higher than DPO on average", "higher", "score", average.Interval(0.95), 1, SeedsAreKnown: seeds);
        if (data.Sweep.Sft is { } sft)
        {
            (int Below, int Of) Share(MethodRuns runs) => (MethodSettings.Of(runs).Count(setting => setting.Score < sft.Summary.MeanScore.Value), MethodSettings.Of(runs).Count);
            ((int below, int of), (int others, int ofOthers)) = (Share(dpo), Share(method));
            yield return new($"More of DPO's settings than of {name}'s score below the {data.Sweep.StartModel}", "more", "share",
                Spread.ShareDifference(below, of, others, ofOthers), 1);
        }

        double[] fall = [.. Fall(data, dpo).Zip(Fall(data, method), (a, b) => a - b)];
        Lead falls = GridLead.Of(fall, [new CountedSeeds(2, data.Picks(dpo).Noise), new CountedSeeds(2, data.Picks(method).Noise)], data.Bootstrap.Clusters);
        yield return new($"DPO falls more than {name} from its best to its best-75 % run", "more", "score", falls.Interval(0.95), 1, SeedsAreKnown: seeds);
    }

    private static IEnumerable<PaperClaim> OverBeta(ReportData data, MethodRuns dpo, MethodRuns? normalised)
    {
        (double Beta, string Shared, double Score)[] settings = [.. Betas(data, dpo)];
        Lead? slope = Spread.Slope([.. settings.GroupBy(setting => setting.Shared, StringComparer.Ordinal)
            .Select(cell => cell.Select(setting => (Math.Log10(setting.Beta), setting.Score)).ToArray())]);
        yield return new("A lower β is better for DPO", "lower", "score per tenfold β", slope?.Interval(0.95), -1);
        double[][] byBeta = [.. settings.GroupBy(setting => setting.Beta).OrderBy(group => group.Key).Select(group => group.Select(setting => setting.Score).ToArray())];
        Lead? steady = byBeta.Length < 2 ? null : Spread.LogRatio([byBeta[0]], [byBeta[^1]]);
        yield return new("DPO is less stable at its lowest β than at its highest", "less stable", "times the spread", Exponential(steady), 1, Line: 1);
        if (normalised is not null)
            yield return new("LN-DPO varies less over β than DPO", "less", "times the spread", Exponential(Spread.LogRatio(Cells(data, normalised), Cells(data, dpo))), -1, Line: 1);
    }

    private static double[][] Cells(ReportData data, MethodRuns method) =>
        [.. Betas(data, method).GroupBy(setting => setting.Shared, StringComparer.Ordinal).Select(cell => cell.Select(setting => setting.Score).ToArray())];

    private static IEnumerable<(double Beta, string Shared, double Score)> Betas(ReportData data, MethodRuns method) =>
        from pair in MethodSettings.Of(method).Zip(data.GridSettings(method))
        let spelling = pair.First.Parameters.Where(parameter => parameter.Key == "Beta").Select(parameter => parameter.Value).FirstOrDefault()
        where spelling is not null
        select (double.Parse(spelling, CultureInfo.InvariantCulture), pair.Second.Shared, pair.First.Score);

    private static PaperClaim AtBest(ReportData data, MethodRuns method, MethodRuns dpo, SampleMetric metric, string claim, string paper)
    {
        GridPicks Best(MethodRuns runs)
        {
            IReadOnlyList<GridSetting> settings = data.GridSettings(runs, metric);
            return new GridPicks(runs.Method, [settings[0]], data.Bootstrap, data.Sweep.Seed, SeedNoise.Of(settings, data.Bootstrap.Clusters));
        }

        return Percent(data, Best(method), Best(dpo), claim, paper, -1);
    }

    private static PaperClaim Average(ReportData data, MethodRuns method, MethodRuns other, SampleMetric metric, string claim, int holds)
    {
        GridPicks All(MethodRuns runs) => new(runs.Method, data.GridSettings(runs, metric), data.Bootstrap, data.Sweep.Seed);
        return Percent(data, All(method), All(other), claim, holds > 0 ? "more" : "shortest", holds);
    }

    // of the other's mean, which is taken as it is; what is never negative cannot fall by more than all of it
    private static PaperClaim Percent(ReportData data, GridPicks first, GridPicks second, string claim, string paper, int holds)
    {
        Estimate lead = GridLead.Of(first, second, [1], data.Bootstrap.Clusters).Interval(0.95);
        double scale = 100 / Math.Abs(second.Column(1).Average());
        double least = first.Column(1).Min() >= 0 ? -100 : double.NegativeInfinity;
        Estimate? here = double.IsFinite(lead.Value * scale) ? new Estimate(scale * lead.Value, Math.Max(least, scale * lead.Low), scale * lead.High) : null;
        return new(claim, paper, "%", here, holds, SeedsAreKnown: Known(first) && Known(second));
    }

    private static PaperClaim Time(MethodRuns simPo, MethodRuns dpo)
    {
        (string, double)[] Logs(MethodRuns method) => [.. method.Ranked.Select(run => run.Facts.TrainingSeconds).Where(seconds => seconds > 0).Select(seconds => ("", Math.Log(seconds)))];
        (string, double)[] a = Logs(simPo), b = Logs(dpo);
        return new("SimPO trains in about half of DPO's time", "half", "times the time", a.Length < 2 || b.Length < 2 ? null : Exponential(SettingsLead.Of(a, b)?.Difference), -1, AboutHalf);
    }

    private static double[] Fall(ReportData data, MethodRuns method) => [.. data.Columns(method.Best!).Score.Zip(data.Columns(method.BestOfThreeQuarters!).Score, (best, lower) => best - lower)];

    private static bool Known(GridPicks picks) => picks.Noise.Known != SeedKnowledge.None;

    private static Estimate? Exponential(Lead? log) => log?.Interval(0.95) is not { } interval ? null
        : new Estimate(Math.Exp(interval.Value), Math.Exp(interval.Low), Math.Exp(interval.High));
}
