using System.Globalization;
using Alignment.Evaluation;
using Alignment.Files;
using Alignment.Harness;
using Alignment.Recipes;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Regression.Reports;

/// <summary>The report of a large sweep, made by a process of its own from its store: -p:Scale=true (it writes five gigabytes).</summary>
[NonParallelizable, Category("Scale")]
public sealed class ReportScaleTests
{
    private const int Prompts = 2000, Tokens = 256;

    private readonly string _folder = Path.Combine(TestContext.CurrentContext.WorkDirectory, "report-scale");

    [TearDown]
    public void RemoveStore()
    {
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    // on two quiet cores 3.7 seconds and 378 MiB, 13.1 seconds and 611 MiB
    [TestCase(1, 10, 381)] // 400 MB
    [TestCase(5, 20, 760)] // 800 MB
    public void Two_hundred_runs_are_reported_in_10_seconds_and_a_thousand_in_20(int times, double seconds, double mebibytes)
    {
        if (!Parameters.IsTrue("Scale"))
            Assert.Ignore("a store of 1,000 runs x 2,000 samples x 256 tokens is five gigabytes; give -p:Scale=true");
        WriteStore(times);
        (IReadOnlyList<string> lines, bool ended) = ChildProcess.Run("report", _folder);
        TestContext.Progress.WriteLine(string.Join('\n', lines));
        Assert.That(ended);
        double[] figures = [.. lines[^1].Split(' ').Where((_, i) => i is 1 or 4).Select(figure => double.Parse(figure, CultureInfo.InvariantCulture))];
        Assert.That(figures[0], Is.LessThan(seconds), "seconds");
        Assert.That(figures[1], Is.LessThan(mebibytes), "MiB");
    }

    private void WriteStore(int times)
    {
        (string Method, int Runs)[] methods = [("DPO", 40 * times), ("LN-DPO", 60 * times), ("SimPO", 100 * times)];
        var store = new RunStore(_folder, TimeProvider.System);
        var bootstrap = new Bootstrap(Prompts, 1);
        StoredRun sft = Run(store, bootstrap, new GridPoint("SFT", "SFT-lr1e-5-e1", [new("LearningRate", "1e-5"), new("Epochs", "1")]));
        GridPoint[] points = [.. methods.SelectMany(method => Enumerable.Range(0, method.Runs).Select(run => Point(method.Method, run)))];
        SweepFile.Write(new StoredSweep
        {
            Recipe = "scale",
            Folder = _folder,
            SftRuns = [sft],
            Sft = sft,
            Runs = [.. points.Select(point => Run(store, bootstrap, point))],
            Missing = [],
            Seed = 1,
            Command = "dotnet test",
        });
    }

    private static GridPoint Point(string method, int run)
    {
        string[] betas = ["0.01", "0.05", "0.1", "0.5", "1.0"], rates = ["3e-7", "5e-7", "1e-6", "3e-6"];
        string beta = betas[run % 5], rate = rates[run / 5 % 4], seed = (run / 20).ToString(CultureInfo.InvariantCulture);
        return new(method, $"{method}-b{beta}-lr{rate}-e1-s{seed}", [new("Beta", beta), new("LearningRate", rate), new("Epochs", "1"), new("Seed", seed)]);
    }

    private static StoredRun Run(RunStore store, Bootstrap bootstrap, GridPoint point)
    {
        var random = new SeededRandom(1, point.Slug);
        double quality = 0.2 * random.NextNormal();
        string text = string.Concat(Enumerable.Repeat("a sentence of a long answer; ", 35)), tokens = string.Join(',', Enumerable.Range(1000, Tokens));
        using RunClaim claim = store.Claim(point.Slug, _ => { }, CancellationToken.None);
        string path = Path.Combine(claim.Folder, "samples.jsonl");
        using (var file = new StreamWriter(path))
            for (int prompt = 0; prompt < Prompts; prompt++)
                file.WriteLine(FormattableString.Invariant($"{{\"prompt_index\":{prompt},\"prompt\":\"question {prompt}\",\"chosen\":\"{text}\",\"response\":\"{text}\",\"tokens\":[{tokens}],\"ended\":true,")
                    + FormattableString.Invariant($"\"score\":{quality + random.NextNormal()},\"chosen_score\":{prompt % 7 * 0.1},\"sft_score\":{prompt % 5 * 0.1},\"policy_log_prob\":{-40 + random.NextNormal()},\"sft_log_prob\":-44}}"));
        var facts = new RunFacts { TrainingSeconds = 3600, EvaluationSeconds = 600, TokensPerSecond = 9000, Environment = new Dictionary<string, string>() };
        store.Complete(claim, point.Slug, Summaries.Summarise(SampleColumns.Read(path), bootstrap), new RunRecord(point.Slug, "scale", 1, point, facts));
        return store.Find(point.Slug)!;
    }
}
