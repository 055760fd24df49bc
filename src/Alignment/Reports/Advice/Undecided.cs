using Alignment.Reports.Numbers;
using Alignment.Reports.Tables;
using Alignment.Reports.Text;
using Alignment.Sweeps;

namespace Alignment.Reports.Advice;

/// <summary>Where methods are not told apart: which is cheapest, which is safest, how large a lead this sweep would have seen, and what it takes to know.</summary>
internal static class Undecided
{
    // costs nearer than this are one
    private const double AsMuch = 1.1;

    public static Finding? Of(ReportData data, BudgetAdvice? open)
    {
        if (open is null or { HasWinner: true })
            return null;
        MethodRuns[] named = [.. data.Finished.Where(method => open.Use.Contains(method.Method))];
        Finding[] parts = [.. new[] { Cheapest(named), Safest(data, named), Seen(data, open), Takes(data, named) }.OfType<Finding>()];
        return parts.Length == 0 ? null : new Finding(string.Join(' ', parts.Select(part => part.Text)), [.. parts.SelectMany(part => part.Sources)]);
    }

    private static Finding? Cheapest(MethodRuns[] named)
    {
        if (named.Any(method => double.IsNaN(method.SecondsPerRun)))
            return null;
        MethodRuns[] byCost = [.. named.OrderBy(method => method.SecondsPerRun)];
        return byCost[^1].SecondsPerRun < AsMuch * byCost[0].SecondsPerRun ? Finding.Of("A run of each takes about as long.", StartTable.Id, byCost, StartTable.Cost)
            : Finding.Of($"Cheapest: {byCost[0].Method}, {StartTable.Duration(byCost[0].SecondsPerRun)} a run against "
                + $"{Words.And(byCost.Skip(1).Select(method => $"{StartTable.Duration(method.SecondsPerRun)} of {method.Method}"))}.", StartTable.Id, byCost, StartTable.Cost);
    }

    private static Finding? Safest(ReportData data, MethodRuns[] named)
    {
        StoredRun? sft = data.Sweep.Sft;
        var below = named.Select(method => (Name: method.Method, Below: sft == null ? 0 : GridTable.ShareBelow(method, sft),
                Seeds: NoiseTable.Seeds(data, method)?.SeedDeviation ?? double.PositiveInfinity))
            .OrderBy(method => method.Below).ThenBy(method => method.Seeds).ToArray();
        Source[] sources = sft == null ? [] : [.. below.Select(method => new Source("objections", method.Name, AgainstTable.Below(data.Sweep)))];
        if (below[0].Below == below[1].Below && below[0].Seeds == below[1].Seeds)
            return sft == null || below[^1].Below > 0 ? null
                : new Finding($"Equally safe: every run of {Words.And(named.Select(method => method.Method))} scores at least what the {data.Sweep.StartModel} does.", sources);
        return below[0].Below < below[1].Below
            ? new Finding($"Safest: {below[0].Name}, a share of {Digits.Fixed(below[0].Below, 3)} of its runs scores below the {data.Sweep.StartModel} against "
                + $"{Words.And(below.Skip(1).Select(method => $"{Digits.Fixed(method.Below, 3)} of {method.Name}"))}.", sources)
            : new Finding($"Safest: {below[0].Name}, which another seed moves least ({Digits.Fixed(below[0].Seeds, 3)}).", [.. sources, new Source("objections", below[0].Name, "seeds")]);
    }

    // of the leads that are open
    private static Finding? Seen(ReportData data, BudgetAdvice open)
    {
        MethodComparison[] pairs =
        [
            .. data.Comparisons.OverAll.Where(pair => !pair.IsFound && pair.SeedsAreKnown)
                .Where(pair => open.Use.Contains(pair.First.Method) && open.Use.Contains(pair.Second.Method)),
        ];
        if (pairs.Length == 0)
            return null;
        MethodComparison nearest = pairs.MaxBy(pair => pair.Lead.Value)!;
        string budget = open.Trials is [var k] ? $"With {Words.Runs(k)} of each" : $"Over budgets of {Words.And(open.Trials.Select(k => Digits.Fixed(k, 0)))} runs";
        return new Finding($"{budget}, {nearest.First.Method}'s lead over {nearest.Second.Method} is {Estimates.Change(nearest.Lead, 3)}; "
            + $"one of {Digits.Fixed(nearest.Smallest, 3)} would have been seen four times in five.",
            new Source("methods", nearest.Key, "expected lead"), new Source("methods", nearest.Key, "could see"));
    }

    // of the best settings, as they lead now
    private static Finding? Takes(ReportData data, MethodRuns[] named)
    {
        Need[] needs = [.. NextTable.Needs(data, named).Where(need => need.Takes != NextTable.Enough)];
        string takes = Words.And(needs.Select(need => $"{need.Other}'s at a lead of {Digits.Fixed(need.Lead, 3)} takes {need.Takes}"));
        return needs.Length == 0 ? null : new Finding($"To tell {needs[0].First}'s best setting from {takes}.",
            [.. needs.SelectMany(need => new[] { "score", NextTable.ItTakes }.Select(column => new Source(NextTable.Power, need.Key, column)))]);
    }
}
