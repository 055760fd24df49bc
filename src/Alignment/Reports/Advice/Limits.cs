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
            yield return Finding.Of($"Best runs were picked on the same {Digits.Fixed(data.Prompts, 0)} prompts they are judged on: their scores in the tables are "
                + "optimistic, more so for larger grids. The leads between methods above are free of this.",
                "grids", data.Finished, "best");
        foreach (Finding cut in Cuts.Of(data))
            yield return cut;
        if (Drift.Failed(data) is { } failed)
            yield return failed;
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
                + "intervals, which take each for a draw of its own, are too narrow.", [new Source(DataTable.Id, DataTable.Distinct, DataTable.Value)]);
    }

    private static Finding Seeds(ReportData data)
    {
        (MethodRuns Method, SeedVariation Variation)[] known =
        [
            .. data.Finished.Select(method => (Method: method, Variation: NoiseTable.Seeds(data, method))).Where(pair => pair.Variation is not null)
                .Select(pair => (pair.Method, pair.Variation!)),
        ];
        return known.Length == 0
            ? Finding.Of("Every setting was trained once: what another training seed would change is not known apart from the settings.", "noise", data.Finished, "sd over seeds")
            : Finding.Of($"Another training seed moves a mean score by {Words.And(known.Select(pair => $"{Digits.Fixed(pair.Variation.SeedDeviation, 3)} ({pair.Method.Method})"))} "
                + "(standard deviation, prompts taken out).", "noise", known.Select(pair => pair.Method), "sd over seeds");
    }
}
