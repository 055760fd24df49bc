using Alignment.Recipes;
using Alignment.Sweeps.Search;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps.Search;

/// <summary>What the search promises, on every grid whose numbers are in the repository.</summary>
public class ReplayTests
{
    private const int Times = 300;

    private static string[] Grids => [.. Directory.EnumerateFiles(StoredGrids.PathOf("."), "*.json").Select(path => Path.GetFileName(path)).Where(name => name != "expected-searches.json").Order(StringComparer.Ordinal)];

    [TestCaseSource(nameof(Grids))]
    public void A_search_leaves_less_regret_than_random_choices_intervals_apart(string grid)
    {
        var replay = new Replay(ScoreTable.Read(StoredGrids.PathOf(grid)));
        Assert.That(replay.Space.Count, Is.GreaterThanOrEqualTo(60));
        ReplayOutcome[] budgets = [.. new[] { 6, 12, 24 }.Select(runs => replay.At(runs, Times))];
        foreach (ReplayOutcome at in budgets)
            TestContext.Out.WriteLine($"{grid} {at.Runs}: search {at.Search}, random {at.Random}, grid {at.Grid}, prompts {at.Stops.PromptShare:P0}, wrongly stopped {at.Stops.Wrongly} of {at.Stops.Runs}");
        foreach (ReplayOutcome at in budgets)
        {
            Assert.That(at.Search.Mean + at.Search.Margin, Is.LessThan(at.Random.Mean - at.Random.Margin), $"{at.Runs} runs");
            Assert.That(at.Stops.WrongShare, Is.LessThanOrEqualTo(EarlyStopping.Error));
            Assert.That(at.Stops.PromptShare, at.Runs == 6 ? Is.EqualTo(1) : Is.LessThan(0.85), "from the second round on prompts are saved");
        }
    }

    [Test]
    public void The_same_replay_has_the_same_numbers()
    {
        ScoreTable table = ScoreTable.Read(StoredGrids.PathOf("world.json"));
        double[] first = new Replay(table).At(9, 20).Search.Regrets, again = new Replay(table).At(9, 20).Search.Regrets;
        Assert.That(again, Is.EqualTo(first));
        Assert.That(first.Distinct().Count(), Is.GreaterThan(1), "noise is drawn anew each time");
        Assert.That(ReplayTable.Lines(table, 2).First(), Does.StartWith("the embedded world of seed 1").And.Contains("88 runs of 64 settings, 600 prompts; the best is LN-DPO-b4.0-lr1e-4-e1, 3.753, the median "));
    }

    [Test]
    public void A_table_is_read_as_it_was_written_and_faults_are_named()
    {
        string path = Path.Combine(TestContext.CurrentContext.WorkDirectory, "scores.json");
        GridPoint point = new("DPO", "DPO-b0.1-s2", [new("Beta", "0.1"), new("Seed", "2")]);
        new ScoreTable("two \"prompts\"", [new(point, [1.25, -0.5]), new(point with { Slug = "DPO-b0.1-s3", Parameters = [new("Beta", "0.1"), new("Seed", "3")] }, [0, 1])]).Write(path);
        ScoreTable read = ScoreTable.Read(path);
        Assert.That((read.What, read.Runs.Count, read.Runs[0].Point.Slug, read.Runs[0].Mean), Is.EqualTo(("two \"prompts\"", 2, "DPO-b0.1-s2", 0.375)));
        Assert.That(read.Runs[0].Point.Parameters, Is.EqualTo(point.Parameters));
        Assert.That(() => ReplayTable.Lines(read, 2).ToArray(), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo("two \"prompts\": 1 settings are too few for a replay, it takes 6"));

        File.WriteAllText(path, """{ "what": "w", "runs": [ { "method": "DPO", "parameters": {}, "scores": [1, 2] }, { "method": "DPO", "parameters": {}, "scores": [1, "x"] } ] }""");
        Assert.That(() => ScoreTable.Read(path), Throws.TypeOf<InvalidDataException>().With.Message.Contains("scores.json(1): $.runs[1].scores must be a list of at least two finite numbers").And.Message.Contains("has DPO twice: runs of one setting are told apart by their parameter Seed"));
        foreach ((string scores, bool isGood) in new[] { ("[1, 2, 3]", false), ("[1]", false), ("7", false), ("[1, 1e999]", false), ("[1, 2]", true) })
        {
            File.WriteAllText(path, $$"""{ "what": "w", "runs": [ { "method": "DPO", "parameters": {}, "scores": [1, 2] }, { "method": "IPO", "parameters": {}, "scores": {{scores}} } ] }""");
            if (isGood)
                Assert.That(ScoreTable.Read(path).Runs.Select(run => run.Mean), Is.All.EqualTo(1.5));
            else
                Assert.That(() => ScoreTable.Read(path), Throws.TypeOf<InvalidDataException>().With.Message.Matches(scores == "[1, 2, 3]"
                    ? @"has runs with different numbers of scores: all answer the same prompts, in one order$" : "runs\\[1\\]\\.scores must be a list of at least two finite numbers"));
        }

        foreach (string faulty in new[] { """{ "what": "w", "runs": [ { "method": "DPO", "parameters": {}, "scores": [1, 2], "more": 1 } ] }""", """{ "what": "w", "more": 1, "runs": [ { "method": "DPO", "parameters": {}, "scores": [1, 2] } ] }""" })
        {
            File.WriteAllText(path, faulty);
            Assert.That(() => ScoreTable.Read(path), Throws.TypeOf<InvalidDataException>().With.Message.Contains("more is not a known key"));
        }

        File.WriteAllText(path, "{");
        Assert.That(() => ScoreTable.Read(path), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith("scores.json"));
        File.Delete(path);
    }
}
