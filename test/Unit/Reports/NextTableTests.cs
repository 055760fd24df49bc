using Alignment.Recipes;
using Alignment.Reports;
using Alignment.Reports.Numbers;
using Alignment.Reports.Tables;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Reports;

public class NextTableTests
{
    // 2.8 standard errors: (2.8016 / 0.1)^2 = 784.9
    [TestCase(0.1, 1.0, 200, 0, 2, "about 790 prompts")]
    [TestCase(0.1, 1.0, 800, 0, 2, "what there is, is enough")]
    [TestCase(0.1, 1.0, 2000, 0.002, 2, "6 seeds each")]
    [TestCase(0.2, 4.0, 1000, 0.002, 2, "about 3,700 prompts or 4 seeds each")]
    [TestCase(0.001, 4.0, 1000, 0.01, 2, "more than can be afforded: take them for equal")]
    [TestCase(0.035, 1.0, 300, 0.0015, 0.5, "about 13,000 prompts and 39 seeds each")]
    [TestCase(0, 4.0, 1000, 0, 2, "more than can be afforded: take them for equal")]
    public void What_a_lead_takes_is_told_in_prompts_and_seeds(double lead, double promptVariance, int prompts, double seedVariance, double share, string takes) =>
        Assert.That(NextTable.Takes(lead, promptVariance, prompts, seedVariance, share), Is.EqualTo(takes));

    [Test]
    public void A_store_with_its_recipe_gets_a_recipe_of_the_next_runs_and_one_without_does_not()
    {
        string folder = Directory.CreateTempSubdirectory("next").FullName;
        try
        {
            StoredSweep sweep = GeneratedSweep.Write(folder, seeds: 2);
            Assert.That(ReportWriter.Write(sweep).Select(path => Path.GetFileName(path)), Has.None.EqualTo("next.json"));
            Assert.That(File.ReadAllText(Path.Combine(folder, "next.md")), Does.Contain("another seed").And.Contain("What it takes to tell the methods apart").And.Not.Contain("beyond"));

            File.WriteAllText(Path.Combine(folder, "generated.json"), Recipe);
            StoredRecipe.Write(folder, RecipeFile.Load("generated.json", folder));
            Assert.That(ReportWriter.Write(sweep).Select(path => Path.GetFileName(path)), Has.Some.EqualTo("next.json"));
            Assert.That(File.ReadAllText(Path.Combine(folder, "report.html")), Does.Contain($"--filter TestCategory=Sweep -p:Recipe={folder}/next.json</pre>"));
            Recipe next = RecipeFile.Load("next.json", folder);
            Assert.That(next.PathsFolder, Is.EqualTo(folder));
            IReadOnlyList<FurtherRun> runs = new ReportData(sweep).Further;
            Assert.That(runs, Has.Count.InRange(2, 4));
            Assert.That(next.Runs.Select(run => run.Slug), Is.EqualTo(runs.Select(run => run.Point.Slug)));
            Assert.That(Grid.PreferencePoints(next).Select(point => point.Slug), Is.SupersetOf(next.Runs.Select(run => run.Slug)));
            Assert.That(RecipeFile.Parse(StoredRecipe.WithRuns(next, [runs[0].Point, next.Runs[0] with { }]), "/x/next.json").Runs, Has.Count.EqualTo(runs.Count), "what is there is not added twice");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private const string Recipe = """
        {
          "name": "generated", "seed": 11,
          "policy": { "width": 32, "layers": 2, "heads": 2, "keyValueHeads": 1, "mlpWidth": 64, "maxPositions": 128 },
          "data": { "world": { "trainingPairs": 40 } }, "gold": { "world": {} }, "lengths": { "maxPrompt": 64, "maxTotal": 120 },
          "sft": { "epochs": [1, 3], "learningRate": [1e-3], "batchSize": 8 },
          "preference": { "epochs": [1], "learningRate": [3e-4, 1e-3], "batchSize": 8, "seeds": [1, 2] }, // comments go
          "methods": { "DPO": { "beta": [0.01, 0.05, 0.1] }, "LN-DPO": { "beta": [1.0, 2.0, 3.5] }, "SimPO": { "beta": [1.0, 2.0], "gamma": [0.5, 1.0] }, },
          "generation": { "temperature": 0.7, "topP": 0.95, "maxNewTokens": 16 }, "testPrompts": 60
        }
        """;
}
