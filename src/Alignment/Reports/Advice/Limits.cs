using Alignment.Evaluation;
using Alignment.Reports.Numbers;
using Alignment.Reports.Tables;
using Alignment.Reports.Text;
using Alignment.Sweeps;

namespace Alignment.Reports.Advice;

/// <summary>What this sweep cannot tell.</summary>
internal static class Limits
{
    public static IEnumerable<Finding> Of(ReportData data)
    {
        if (data.Finished.Count > 0)
            yield return Seeds(data);
        if (DataTable.FactsOf(data.Sweep) is { } facts)
            foreach (Finding finding in Prompts(facts))
                yield return finding;
        if (data.Finished.Count > 1)
            yield return Finding.Of($"The best of a grid looks better than it is: on the {Digits.Fixed(data.Prompts, 0)} prompts and the runs that chose it. Scores in the tables are as measured; "
                + "leads between methods have that taken off, as far as repeated seeds tell.", "grids", data.Finished, "best");
        foreach (Finding cut in Cuts.Of(data))
            yield return cut;
        if (Drift.Failed(data) is { } failed)
            yield return failed;
        int stopped = data.Sweep.Stopped.Count;
        if (stopped > 0)
            yield return new Finding($"{Digits.Fixed(stopped, 0)} of the search's runs {(stopped == 1 ? "was" : "were")} stopped early, behind for certain on the prompts answered so far: "
                + "no score of all prompts is known of them, and grids, budgets and methods are told by the others.",
                [.. data.Sweep.Stopped.Select(run => new Source(StoppedTable.Id, run.Run.Id, StoppedTable.Prompts))]);
        int missing = data.Sweep.Missing.Count;
        if (missing > 0)
            yield return Finding.Of($"{Digits.Fixed(missing, 0)} of {Digits.Fixed(data.Sweep.Runs.Count + missing, 0)} preference runs "
                + "have no result; what they would have scored is unknown.",
                "grids", data.Methods.Where(method => data.Sweep.Missing.Any(run => run.Point.Method == method.Method)), "missing");
    }

    private static IEnumerable<Finding> Prompts(DataFacts facts)
    {
        if (facts.SeenTestPrompts > 0)
            yield return new Finding($"{Digits.Fixed(facts.SeenTestPrompts, 0)} of the {Digits.Fixed(facts.TestPrompts, 0)} test prompts were trained on: "
                + "scores on them say little of other prompts.", [new Source(DataTable.Id, DataTable.Seen, DataTable.Value)]);
        if (facts.DistinctTestPrompts < facts.TestPrompts)
            yield return new Finding($"The {Digits.Fixed(facts.TestPrompts, 0)} test prompts are {Digits.Fixed(facts.DistinctTestPrompts, 0)} different ones: "
                + "intervals take those of one text together.", [new Source(DataTable.Id, DataTable.Distinct, DataTable.Value)]);
    }

    private static Finding Seeds(ReportData data)
    {
        (MethodRuns Method, SeedVariation? Variation)[] all = [.. data.Finished.Select(method => (method, NoiseTable.Seeds(data, method)))];
        (MethodRuns Method, SeedVariation? Variation)[] known = [.. all.Where(pair => pair.Variation is not null)];
        if (known.Length == 0)
            return Finding.Of("Every setting was trained once, so what another seed would change is counted as at most what settings beside each other differ by. A second seed of the best "
                + "settings would tell.", "noise", data.Finished, "seeds counted");
        string text = $"Another training seed moves a mean score by {Words.And(known.Select(pair => $"{Digits.Fixed(pair.Variation!.SeedDeviation, 3)} ({pair.Method.Method})"))} "
            + "(standard deviation, prompts taken out).";
        (MethodRuns Method, int Collapsed, int Repeated)[] collapsed =
            [.. known.Select(pair => (pair.Method, NoiseTable.Collapsed(data, pair.Method).Collapsed, NoiseTable.Collapsed(data, pair.Method).Repeated)).Where(pair => pair.Item2 > 0)];
        if (collapsed.Length > 0)
            text += $" Collapsed, more than half of their setting's gain lost: {Words.And(collapsed.Select(pair => $"{pair.Collapsed} of {pair.Repeated} runs of {pair.Method.Method}"))}.";
        return Finding.Of(text, "noise", known.Select(pair => pair.Method), "sd over seeds");
    }
}
