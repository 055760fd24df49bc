using System.Text.Json;
using Alignment.Data;
using Alignment.Evaluation;
using Alignment.Models;
using Alignment.Recipes;
using Alignment.Reports;
using Alignment.Sweeps;
using Alignment.Training;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>Objectives with a bend, a penalty, a running state or parts are trained, answered, scored, reported; and what training moved is what the stored models say.</summary>
[NonParallelizable]
public sealed class FurtherObjectivesSweepTests
{
    private static readonly (string, string)[] s_methods =
    [
        ("\"DPO\": { \"beta\": [0.1] },", "\"DPO\": { \"beta\": [0.1], \"nllWeight\": [0.5] }, \"AlphaPO\": { \"beta\": [2.5], \"gammaBetaRatio\": [0.04], \"alpha\": [-0.25] },"),
        ("\"LN-DPO\": { \"beta\": [2.0] },", "\"SimPER\": {}, \"TR-DPO\": { \"beta\": [0.1], \"syncSteps\": [2] }, \"epsilon-DPO\": { \"beta\": [0.1] }, \"WPO\": { \"beta\": [0.1] }, \"DPOP\": { \"beta\": [0.3], \"lambda\": [5] }, \"beta-DPO\": { \"beta\": [0.1], \"alpha\": [0.6], \"filterRatio\": [0.25] },"),
        ("\"SimPO\": { \"beta\": [2.0], \"gammaBetaRatio\": [0.5] }", "\"mix\": { \"beta\": [0.1], \"sigmoid\": [0.8], \"bcoPair\": [0.2], \"sft\": [1] }"),
    ];

    [Test]
    public void Each_goes_from_recipe_to_report_and_tells_what_it_moved()
    {
        using var micro = new MicroSweep(s_methods);
        using Sweep sweep = micro.Open(micro.Options with { MicroBatch = 3 });
        StoredRun[] runs = [.. micro.Points.Select(point => sweep.Run(point, CancellationToken.None))];
        Assert.That(runs.Select(run => run.Point.Slug), Is.EqualTo(new[]
        {
            "DPO-b0.1-nll0.5-lr1e-3-e1", "AlphaPO-b2.5-r0.04-a-0.25-lr1e-3-e1", "SimPER-lr1e-3-e1", "TR-DPO-b0.1-ss2-lr1e-3-e1", "epsilon-DPO-b0.1-lr1e-3-e1", "WPO-b0.1-lr1e-3-e1", "DPOP-b0.3-l5-lr1e-3-e1", "beta-DPO-b0.1-a0.6-f0.25-lr1e-3-e1",
            "mix-b0.1-sig0.8-bco0.2-sft1-lr1e-3-e1",
        }));
        StoredRun sft = sweep.SftWinner(CancellationToken.None);
        Assert.That(sft.Summary.Moved, Is.Null, "it is what the others are held against");
        IReadOnlyList<TokenizedPair> pairs = SweepData.Read(RecipeFile.Load(micro.Edited, "/"), micro.Options, _ => { }).HeldOut;
        Assert.That(pairs, Has.Count.EqualTo(24));
        using Decoder start = Decoder.Load(Path.Combine(sft.Folder, "weights"));
        ReferenceLogProbs before = ReferencePass.Compute(start, pairs, new());
        foreach (StoredRun run in runs)
        {
            foreach (string line in File.ReadLines(Path.Combine(run.Folder, "steps.jsonl")))
                Assert.That(JsonDocument.Parse(line).RootElement.GetProperty("loss").GetDouble(), Is.Not.NaN, run.Id);
            using Decoder trained = Decoder.Load(Path.Combine(run.Folder, "weights"));
            ReferenceLogProbs after = ReferencePass.Compute(trained, pairs, new());
            Moved moved = run.Summary.Moved!;
            double[] chosen = [.. after.ChosenSums.Zip(before.ChosenSums, (now, then) => (double)now - then)], rejected = [.. after.RejectedSums.Zip(before.RejectedSums, (now, then) => (double)now - then)];
            using (Assert.EnterMultipleScope())
            {
                Assert.That(moved.Pairs, Is.EqualTo(24));
                Assert.That(moved.Chosen.Value, Is.EqualTo(chosen.Average()).Within(1e-3).And.Not.Zero, run.Id);
                Assert.That(moved.Rejected.Value, Is.EqualTo(rejected.Average()).Within(1e-3), run.Id);
                Assert.That(moved.ChosenPerToken.Value, Is.EqualTo(chosen.Zip(pairs, (change, pair) => change / pair.Chosen.Length).Average()).Within(1e-4), run.Id);
                Assert.That(moved.RejectedPerToken.Value, Is.EqualTo(rejected.Zip(pairs, (change, pair) => change / pair.Rejected.Length).Average()).Within(1e-4), run.Id);
                Assert.That(moved.ChosenFell.Value, Is.EqualTo(chosen.Average(change => change < 0 ? 1 : 0)).Within(1 / 24.0), run.Id);
            }
        }

        StoredSweep stored = sweep.Collect(CancellationToken.None);
        Assert.That(stored.Runs.Select(run => run.Summary), Is.EquivalentTo(runs.Select(run => run.Summary)), "summary.json gives it back");
        ReportWriter.Write(stored);
        string[] rows = File.ReadAllLines(Path.Combine(micro.Folder, "moved.csv"));
        Assert.That(rows.Skip(1).Select(row => row.Split(',')[0]), Is.EqualTo(stored.Runs.Select(run => run.Id)));
        Assert.That(File.ReadAllText(Path.Combine(micro.Folder, "report.html")), Does.Contain("What moved: do chosen responses become less likely?"));
        Assert.That(micro.Log, Has.Exactly(9).Matches<string>(line => line.Contains("] moved: chosen ", StringComparison.Ordinal) && line.Contains("of 24 held-out pairs", StringComparison.Ordinal)));
    }

    [Test]
    public void A_reference_that_follows_is_refused_beside_adapters_and_on_several_ranks()
    {
        using var micro = new MicroSweep(("\"maxPositions\": 128", "\"maxPositions\": 128, \"lora\": { \"rank\": 4, \"alpha\": 8, \"targets\": [\"all-linear\"] }"),
            ("\"DPO\": {", "\"TR-DPO\": {"));
        Recipe recipe = RecipeFile.Load(micro.Edited, "/");
        Assert.That(() => Preflight.Read(recipe, micro.Options, micro.Options.Hashes(TimeProvider.System, _ => { }), _ => { }), Throws.TypeOf<RecipeException>().With.Message.Contains(
            "$.methods.TR-DPO: its reference follows all weights, and policy.lora trains adapters alone: leave one of the two out"));
        SweepOptions ranks = micro.Options with { RankCount = 2 };
        Assert.That(() => Preflight.Read(recipe with { Policy = ((NewPolicy)recipe.Policy) with { Lora = null } }, ranks, ranks.Hashes(TimeProvider.System, _ => { }), _ => { }),
            Throws.TypeOf<RecipeException>().With.Message.Contains("$.methods.TR-DPO: it takes a second model on one rank, and 2 are given: leave it out, or give -p:Ranks=1"));
    }

    // the store of a version that did not know held-out pairs
    [Test]
    public void A_start_without_held_out_log_probs_is_no_fault_and_nothing_is_said()
    {
        using var micro = new MicroSweep(("\"LN-DPO\": { \"beta\": [2.0] },", ""), ("\"SimPO\": { \"beta\": [2.0], \"gammaBetaRatio\": [0.5] }", "\"SimPER\": {}"));
        using Sweep sweep = micro.Open();
        string file = Path.Combine(sweep.SftWinner(CancellationToken.None).Folder, "held-out.jsonl");
        File.Delete(file);
        StoredRun run = sweep.Run(micro.Points[1], CancellationToken.None);
        Assert.That(run.Summary.Moved, Is.Null);
        Assert.That(File.ReadAllText(Path.Combine(run.Folder, "summary.json")), Does.Not.Contain("moved"));
        ReportWriter.Write(sweep.Collect(CancellationToken.None));
        Assert.That(File.Exists(Path.Combine(micro.Folder, "moved.csv")), Is.False);
    }
}
