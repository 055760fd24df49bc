using Alignment.Data.World;
using Alignment.Models.NeoX;
using Alignment.Recipes;
using Alignment.Reports;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>The micro recipe with a round on-policy: to its report, and killed in the middle of it.</summary>
[NonParallelizable]
public sealed class OnPolicySweepTests
{
    private const string World = "\"world\": { \"trainingPairs\": 48 }",
        Methods = "\"DPO\": { \"beta\": [0.1] },\n    \"LN-DPO\": { \"beta\": [2.0] },\n    \"SimPO\": { \"beta\": [2.0], \"gammaBetaRatio\": [0.5] }";

    [Test]
    public void Every_method_runs_on_both_sets_of_pairs_and_the_report_sets_them_side_by_side()
    {
        using MicroSweep micro = Micro();
        using Sweep sweep = micro.Open();
        foreach (GridPoint point in micro.Points)
            sweep.Run(point, CancellationToken.None);
        StoredSweep stored = sweep.Collect(CancellationToken.None);
        ReportWriter.Write(stored);
        Assert.That(stored.OnPolicy!.Runs.Select(run => run.Point.Slug.Replace("-onpolicy", "", StringComparison.Ordinal)), Is.EqualTo(stored.Runs.Select(run => run.Point.Slug)));
        string[] table = File.ReadAllLines(Path.Combine(stored.Folder, "on-policy.csv"));
        Assert.That(table.Skip(1).Select(row => row.Split(',')[0]), Is.EqualTo(new[] { "DPO", "LN-DPO", "SimPO" }));
        int pairs = stored.OnPolicy.Runs[0].Facts.Data!.TrainingPairs;
        Assert.That(table.Skip(1).Select(row => string.Join(' ', row.Split(',')[1..5])), Is.All.EqualTo(FormattableString.Invariant($"1.000000 1.000000 48.000000 {pairs}.000000")));
        Assert.That(pairs, Is.InRange(24, 48));
        Assert.That(File.ReadAllText(Path.Combine(stored.Folder, "recommendation.md")), Does.Contain("## Offline or on-policy"));
        Assert.That(File.ReadAllText(Path.Combine(stored.Folder, "on-policy", "table1.csv")), Does.Contain("DPO-onpolicy-b0.1").And.Not.Contain("DPO-b0.1"));
    }

    [Test]
    public void Killed_while_it_samples_and_while_it_trains_it_goes_on_and_ends_with_the_same_bits()
    {
        using MicroSweep micro = Micro((Methods, "\"DPO\": { \"beta\": [0.1] }"));
        string whole = micro.Sweeps + "-whole", killed = micro.Sweeps;
        Assert.That(ChildProcess.Run(micro.Edited, whole).Ended);
        foreach (string marker in new[] { "[resample] response 2 of 3: 24/48", "[DPO-onpolicy-b0.1-lr1e-3-e1] train: step 3" })
            Assert.That(ChildProcess.Run(micro.Edited, killed, marker).Lines, Has.Some.Contains(marker), "the marker was printed, so the kill came there");
        (IReadOnlyList<string> lines, bool ended) = ChildProcess.Run(micro.Edited, killed);
        Assert.That(ended);
        Assert.That(lines, Has.None.StartsWith("[resample] response").And.None.Contains("[DPO-b0.1"), "nothing twice");
        Assert.That(StoreFiles.Results(killed), Is.EqualTo(StoreFiles.Results(whole)));
        Assert.That(StoreFiles.Results(whole).Keys.Count(path => path.Contains("/resampled/", StringComparison.Ordinal)), Is.EqualTo(3 + 3 + 1), "responses, scores and pairs");
    }

    private static MicroSweep Micro(params (string, string)[] edits)
    {
        var micro = new MicroSweep([(World, $"{World}, \"resample\": {{ \"responses\": 3, \"judge\": {{ \"folder\": \"chooser\", \"maxLength\": 64 }} }}"), .. edits]);
        string folder = Path.Combine(Path.GetDirectoryName(micro.Edited)!, "chooser");
        using NeoXReward chooser = NeoXReward.Create(new() { Vocabulary = EmbeddedWorld.Tokenizer.VocabularySize, Width = 16, Layers = 1, Heads = 2, MlpWidth = 16, RotaryFraction = 1, MaxPositions = 128 }, 5);
        chooser.Save(folder);
        foreach ((string name, byte[] content) in RecipeTokenizer.Files(RecipeFile.Load(MicroSweep.RecipePath, "/"), new SweepOptions { SweepsFolder = "" }))
            File.WriteAllBytes(Path.Combine(folder, name), content);
        return micro;
    }
}
