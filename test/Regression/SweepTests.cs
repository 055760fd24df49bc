using Alignment.Evaluation;
using Alignment.Recipes;
using Alignment.Reports;
using Alignment.Sweeps;
using Alignment.Training;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>The run store's promises, on real runs of the micro recipe.</summary>
[NonParallelizable]
public sealed class SweepTests
{
    [Test]
    public void A_finished_run_is_not_run_again_and_the_tables_are_the_same_bytes()
    {
        using var micro = new MicroSweep();
        string[] first = RunAll(micro), tables = Tables(micro);
        micro.Log.Clear();
        Assert.That(RunAll(micro), Is.EqualTo(first));
        Assert.That(micro.Log, Has.None.StartsWith("["));
        Assert.That(Tables(micro), Is.EqualTo(tables));
    }

    [Test]
    public void Two_sweeps_of_one_recipe_give_the_same_bits_whatever_the_generation_batch()
    {
        using MicroSweep a = new(), b = new();
        RunAll(a);
        using (Sweep sweep = b.Open(b.Options with { GenerationBatch = 5 }))
            foreach (GridPoint point in b.Points)
                sweep.Run(point, CancellationToken.None);
        foreach (string path in Directory.EnumerateFiles(Path.Combine(a.Folder, "responses")))
            Assert.That(Sorted(Path.Combine(b.Folder, Path.GetRelativePath(a.Folder, path))), Is.EqualTo(Sorted(path)), path);

        static string[] Sorted(string path) => [.. File.ReadLines(path).Order(StringComparer.Ordinal)];
    }

    [Test]
    public void A_run_that_diverges_fails_alone_with_its_step_and_rows_and_the_report_names_it()
    {
        using var micro = new MicroSweep(("\"learningRate\": [1e-3]", "\"learningRate\": [1e-3, 1e38]"), ("\"LN-DPO\": { \"beta\": [2.0] },", ""),
            ("\"SimPO\": { \"beta\": [2.0], \"gammaBetaRatio\": [0.5] }", ""));
        using Sweep sweep = micro.Open();
        Assert.That(() => sweep.Run(micro.Points[1], CancellationToken.None),
            Throws.TypeOf<NonFiniteLossException>().With.Message.Match(@"^DPO step \d+: the (loss|gradient norm) is .*rows of the batch: world a \d+"));
        sweep.Run(micro.Points[0], CancellationToken.None);

        StoredSweep stored = sweep.Collect(CancellationToken.None);
        Assert.That(stored.Runs.Select(run => run.Point.Slug), Is.EqualTo(new[] { "DPO-b0.1-lr1e-3-e1" }));
        Assert.That(stored.Missing.Single().Point.Slug, Is.EqualTo("DPO-b0.1-lr1e38-e1"));
        Assert.That(stored.Missing.Single().Error, Does.StartWith("DPO step"));
        ReportWriter.Write(stored);
        Assert.That(File.ReadAllText(Path.Combine(micro.Folder, "report.html")), Does.Contain("DPO-b0.1-lr1e38-e1"));
    }

    [Test]
    public void An_SFT_run_that_fails_is_not_trained_again_for_every_run_that_needs_it()
    {
        using var micro = new MicroSweep(("\"learningRate\": [2e-3]", "\"learningRate\": [1e30]"));
        using Sweep sweep = micro.Open();
        foreach (GridPoint point in micro.Points)
            Assert.That(() => sweep.Run(point, CancellationToken.None), Throws.TypeOf<NonFiniteLossException>().With.Message.StartsWith("SFT step"));
        Assert.That(micro.Log.Count(line => line.StartsWith("run 1 of", StringComparison.Ordinal)), Is.EqualTo(1), string.Join('\n', micro.Log));
    }

    [Test]
    public void A_cancelled_run_keeps_a_checkpoint_and_goes_on()
    {
        using MicroSweep cut = new(), whole = new();
        using (Sweep sweep = cut.Open())
        {
            sweep.SftWinner(CancellationToken.None);
            using var stop = new CancellationTokenSource();
            using Sweep stopping = new(RecipeFile.Load(cut.Edited, "/"), cut.Options, TimeProvider.System, line =>
            {
                cut.Log.Add(line);
                if (line.StartsWith("[DPO-b0.1-lr1e-3-e1] train: step 3/6", StringComparison.Ordinal))
                    stop.Cancel();
            });
            Assert.That(() => stopping.Run(cut.Points[0], stop.Token), Throws.InstanceOf<OperationCanceledException>());
            Assert.That(sweep.Run(cut.Points[0], CancellationToken.None).Id, Does.StartWith("DPO"));
        }

        Assert.That(cut.Log.Count(line => line.StartsWith("[DPO-b0.1-lr1e-3-e1] train: step", StringComparison.Ordinal)), Is.EqualTo(6), "no step was made twice");
        using Sweep undisturbed = whole.Open();
        string expected = undisturbed.Run(whole.Points[0], CancellationToken.None).Folder;
        Assert.That(File.ReadAllText(Path.Combine(cut.Folder, Path.GetFileName(expected), "summary.json")), Is.EqualTo(File.ReadAllText(Path.Combine(expected, "summary.json"))));
    }

    [Test]
    public void What_a_process_left_that_died_in_the_middle_of_a_write_is_gone_when_the_run_is_finished()
    {
        using var micro = new MicroSweep();
        StoredRun run;
        using (Sweep sweep = micro.Open())
            run = sweep.SftWinner(CancellationToken.None);
        string weights = Directory.EnumerateDirectories(Path.Combine(micro.Folder, "weights")).Single();
        string[] whole = StoreFiles.Names(micro.Sweeps);
        Directory.Delete(run.Folder, recursive: true);
        Directory.Delete(weights, recursive: true);
        foreach (string left in new[]
        {
            "sweep.json.elsewhere.1.part", "reference/SFT-0/reference-0.jsonl.elsewhere.1.part", $"{run.Id}.work/samples.jsonl.elsewhere.1.part", "locks/other.lock.3.lease",
            $"weights/{Path.GetFileName(weights)}.work/model.1.partial/model.safetensors",
        })
        {
            string path = Path.Combine(micro.Folder, left);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, "half");
            File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch);
        }

        using (Sweep sweep = micro.Open())
            sweep.SftWinner(CancellationToken.None);
        Assert.That(StoreFiles.Names(micro.Sweeps).Except(["micro/reference", "micro/reference/SFT-0", "micro/locks/other.lock", "micro/locks/other.lock.lease"]), Is.EqualTo(whole));
        Assert.That(micro.Log.Count(line => line.StartsWith("removed ", StringComparison.Ordinal)), Is.EqualTo(3));
        Assert.That(micro.Log, Has.One.EqualTo("freed locks/other.lock, which a killed process held"));
    }

    [Test]
    public void The_first_loss_of_DPO_and_LN_DPO_is_log_two_and_the_reference_pass_is_shared()
    {
        using var micro = new MicroSweep();
        using Sweep sweep = micro.Open();
        foreach (GridPoint point in micro.Points.Take(2))
        {
            string first = File.ReadLines(Path.Combine(sweep.Run(point, CancellationToken.None).Folder, "steps.jsonl")).First();
            double loss = System.Text.Json.JsonDocument.Parse(first).RootElement.GetProperty("loss").GetDouble();
            Assert.That(loss, Is.EqualTo(Math.Log(2)).Within(1e-5), point.Slug);
        }

        Assert.That(Directory.EnumerateFiles(Path.Combine(micro.Folder, "reference"), "*", SearchOption.AllDirectories).Count(), Is.EqualTo(1));
    }

    [Test]
    public void A_point_repeated_with_another_seed_is_another_run_from_the_same_reference()
    {
        using var micro = new MicroSweep(("\"learningRate\": [1e-3], \"batchSize\": 8", "\"learningRate\": [1e-3], \"seeds\": [3, 4], \"batchSize\": 8"));
        using Sweep sweep = micro.Open();
        StoredRun[] dpo = [.. micro.Points.Take(2).Select(point => sweep.Run(point, CancellationToken.None))];
        Assert.That(dpo.Select(run => run.Point.Slug), Is.EqualTo(new[] { "DPO-b0.1-lr1e-3-e1-s3", "DPO-b0.1-lr1e-3-e1-s4" }));
        Assert.That(Weights(dpo[0]), Is.Not.EqualTo(Weights(dpo[1])), "another order of the pairs");
        Assert.That(Directory.EnumerateFiles(Path.Combine(micro.Folder, "reference"), "*", SearchOption.AllDirectories).Count(), Is.EqualTo(1));

        using var single = new MicroSweep();
        using Sweep once = single.Open();
        Assert.That(Weights(once.Run(single.Points[0], CancellationToken.None)), Is.EqualTo(Weights(dpo[0])), "the recipe's own seed is 3");

        static byte[] Weights(StoredRun run) => File.ReadAllBytes(Path.Combine(run.Folder, "weights", "model.safetensors"));
    }

    [Test]
    public void A_summary_follows_from_the_samples_alone()
    {
        using var micro = new MicroSweep();
        using Sweep sweep = micro.Open();
        StoredRun run = sweep.Run(micro.Points[2], CancellationToken.None);
        Assert.That(Summaries.Summarise([.. run.Samples()], 3), Is.EqualTo(run.Summary with { Moved = null }), "what moved follows from held-out pairs");
        Assert.That(run.Summary.MeanScore.Value, Is.EqualTo(run.Samples().Average(row => row.Score)).Within(1e-12));
    }

    private static string[] RunAll(MicroSweep micro)
    {
        using Sweep sweep = micro.Open();
        string[] ids = [.. micro.Points.Select(point => sweep.Run(point, CancellationToken.None).Id)];
        ReportWriter.Write(sweep.Collect(CancellationToken.None));
        return ids;
    }

    private static string[] Tables(MicroSweep micro) =>
        [.. new[] { "table1.csv", "table1.md", "table3.csv", "runs.csv", "figure1.svg", "report.html" }.Select(name => File.ReadAllText(Path.Combine(micro.Folder, name)))];
}
