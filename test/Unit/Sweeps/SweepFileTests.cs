using System.Text.Json;
using Alignment.Evaluation;
using Alignment.Recipes;
using Alignment.Sweeps;
using Alignment.Tests.Unit.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>The small files of a store: what they say, that they are read again, and what a damaged one is told by.</summary>
public sealed class SweepFileTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void Begin() => _folder = new();

    [TearDown]
    public void End() => _folder.Dispose();

    [Test]
    public void A_sweep_is_read_as_it_was_written_with_judges_search_and_what_is_missing()
    {
        StoredRun sft = Run("SFT-1", "SFT"), other = Run("SFT-2", "SFT"), dpo = Run("DPO-1", "DPO");
        StoredSweep sweep = new()
        {
            Recipe = "own",
            Folder = _folder.Path,
            SftRuns = [other, sft],
            Sft = sft,
            Runs = [dpo],
            Missing = [new(new("DPO", "DPO-b0.2", [new("Beta", "0.2")]), "no memory")],
            Seed = 7,
            Command = "dotnet test",
            MaxCutShare = 0.4,
            Judge = new("first", "gold", 3, 1, 5),
            Search = new(8, 12, [["DPO-b0.1"]]),
        };
        sweep = sweep with { ByOthers = [sweep with { Folder = _folder.File("judges/second"), Judge = new("second", "other", 2, 0, 5) { Decides = false }, Search = null }] };
        Assert.That(SweepFile.IsIn(_folder.Path), Is.False);
        Assert.That(() => SweepFile.Read(_folder.Path), Throws.TypeOf<FileNotFoundException>().With.Message.EqualTo(
            $"{_folder.Path} is no run store: it holds no sweep.json; run the sweep's Report test once, or import results into it"));
        SweepFile.Write(sweep);
        Assert.That(SweepFile.IsIn(_folder.Path));
        string text = File.ReadAllText(_folder.File("sweep.json"));
        Assert.That(text, Does.StartWith("{\n  \"recipe\": \"own\",\n  \"seed\": 7,\n").And.Contains("\"sft_runs\": [\n").And.Contains("\"length_unit\": \"tokens\"").And.EndsWith("}\n"));
        StoredSweep read = SweepFile.Read(_folder.Path);
        Assert.That(Told(read), Is.EqualTo(Told(sweep)));
        Assert.That(Told(read.ByOthers.Single()), Is.EqualTo(Told(sweep.ByOthers[0])));
        Assert.That(read.Sft, Is.SameAs(read.SftRuns[1]));
        SweepFile.Write(sweep with { ByOthers = [], Judge = null, Search = null });
        Assert.That(File.ReadAllText(_folder.File("sweep.json")), Does.Not.Contain("judge").And.Not.Contain("search").And.Not.Contain("by_others").And.Not.Contain("stopped"));
        SweepFile.Write(sweep with { SftRuns = [] });
        Assert.That(SweepFile.Read(_folder.Path).Sft!.Id, Is.EqualTo("SFT-1"));

        Directory.Delete(dpo.Folder, recursive: true);
        Assert.That(() => SweepFile.Read(_folder.Path), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{_folder.File("sweep.json")}: names the run DPO-1, which is not in {_folder.Path}; run the sweep again"));
        foreach (string damaged in new[] { "null", "[", "{ \"recipe\": 3 }" })
        {
            File.WriteAllText(_folder.File("sweep.json"), damaged);
            Assert.That(() => SweepFile.Read(_folder.Path), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith($"{_folder.File("sweep.json")}: not the list of a sweep's runs, damaged at ")
                .And.Message.EndsWith("; run the sweep's Report test again"));
        }
    }

    [Test]
    public void What_all_runs_start_from_has_a_name_in_reports()
    {
        StoredSweep Of(StoredRun? start) => new() { Recipe = "own", Folder = _folder.Path, SftRuns = [], Sft = start, Runs = [], Missing = [], Seed = 1, Command = "" };
        Assert.That(new[] { Of(null), Of(Run("SFT-1", "SFT")), Of(Run("start", Grid.Start)) }.Select(sweep => $"{sweep.Start}, {sweep.StartModel}"),
            Is.EqualTo(new[] { "SFT, SFT model", "SFT, SFT model", "the start, start model" }));
    }

    [Test]
    public void A_judge_decides_unless_it_is_a_further_one_and_a_tie_counts_as_half()
    {
        var judge = new JudgeFacts("gold", "folder", Right: 3, Ties: 1, Pairs: 5);
        Assert.That((judge.Decides, judge.Accuracy.Value, judge.Accuracy.Low < 0.7, judge.Accuracy.High > 0.7), Is.EqualTo((true, 0.7, true, true)));
    }

    [Test]
    public void The_scores_of_a_stored_sweep_are_a_table_for_replays()
    {
        StoredRun first = Run("DPO-1", "DPO", 1, 2), second = Run("IPO-1", "IPO", 4, 3);
        StoredSweep sweep = new() { Recipe = "own", Folder = _folder.Path, SftRuns = [], Sft = null, Runs = [first, second], Missing = [], Seed = 1, Command = "" };
        SweepFile.Write(sweep);
        var table = StoredScores.Read(_folder.Path);
        Assert.That((table.What, string.Join(' ', table.Runs.Select(run => $"{run.Point.Slug}:{string.Join(',', run.Scores)}"))), Is.EqualTo(("sweep own", "DPO-1:1,2 IPO-1:4,3")));
        table.Write(_folder.File(StoredScores.FileName));
        Assert.That(StoredScores.Read(_folder.File("scores.json")).Runs.Select(run => run.Mean), Is.EqualTo(new[] { 1.5, 3.5 }));
        SweepFile.Write(sweep with { Runs = [first, Run("KTO-1", "KTO", 1, 2, 3)] });
        Assert.That(() => StoredScores.Read(_folder.Path), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith("two runs can be paired only on the same prompts"));
        SweepFile.Write(sweep with { Runs = [] });
        Assert.That(() => StoredScores.Read(_folder.Path), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo($"{_folder.Path} has no preference run to replay"));
    }

    [Test]
    public void What_recipes_ask_for_is_told_by_a_file_of_each()
    {
        RecipeUse use = new("/recipes/own.json", "gold-1", [new("run", "weights", "sampling", "responses")]) { FurtherGolds = ["gold-2"], Judged = ["1.json"] };
        Assert.That(RecipeUse.All(_folder.Path), Is.Empty);
        use.Write(_folder.Path);
        string path = use.PathIn(_folder.Path);
        Assert.That(Path.GetRelativePath(_folder.Path, path), Does.Match("^used/own-[0-9a-f]{6}\\.json$"));
        Assert.That(File.ReadAllText(path), Does.StartWith("{\n  \"recipe\": \"/recipes/own.json\",\n  \"gold\": \"gold-1\",\n").And.Contains("\"further_golds\"").And.EndsWith("}\n").And.Not.Contain("\"golds\""));
        RecipeUse read = RecipeUse.All(_folder.Path).Single();
        Assert.That((read.Recipe, string.Join(' ', read.Golds), string.Join(' ', read.Names), string.Join(' ', read.Judged!)), Is.EqualTo((use.Recipe, "gold-1 gold-2", use.Names[0].ToString(), "1.json")));
        File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch);
        use.Write(_folder.Path);
        Assert.That(File.GetLastWriteTimeUtc(path), Is.EqualTo(DateTime.UnixEpoch), "it says the same");
        (use with { Gold = null }).Write(_folder.Path);
        Assert.That(RecipeUse.All(_folder.Path).Single().Golds, Is.EqualTo(new[] { "gold-2" }));
        (use with { Recipe = "/recipes/a/own.json" }).Write(_folder.Path);
        Assert.That(RecipeUse.All(_folder.Path), Has.Count.EqualTo(2));
        foreach (string recipe in new[] { "/c.json", "/b.json", "/a.json" })
            (use with { Recipe = recipe }).Write(_folder.Path);
        File.WriteAllText(_folder.File("used/note.txt"), "no list");
        Assert.That(RecipeUse.All(_folder.Path).Take(3).Select(one => one.Recipe), Is.EqualTo(new[] { "/a.json", "/b.json", "/c.json" }));
        File.WriteAllText(path, "null");
        Assert.That(() => RecipeUse.All(_folder.Path), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{path}: not a list of what a recipe asks for; delete it and run the recipe's sweep once, it is written anew"));
    }

    [Test]
    public void A_stored_recipe_runs_from_where_it_is_and_takes_further_runs()
    {
        Recipe recipe = RecipeFile.Parse("// mine\n" + SweepFolder.Recipe.Replace("\"testPrompts\": 4", "\"testPrompts\": 4,", StringComparison.Ordinal), "/recipes/own.json");
        Assert.That(StoredRecipe.Read(_folder.Path), Is.Null);
        StoredRecipe.Write(_folder.Path, recipe);
        Assert.That(File.ReadLines(_folder.File("recipe.json")).ElementAt(1), Does.Match("^  \"\\w+\":"), "legible: a member a line");
        Recipe stored = StoredRecipe.Read(_folder.Path)!;
        Assert.That((stored.File, stored.PathsFolder, stored.Name), Is.EqualTo((_folder.File("recipe.json"), "/recipes", "own")));
        Assert.That(Grid.PreferencePoints(stored).Select(point => point.Slug), Is.EqualTo(Grid.PreferencePoints(recipe).Select(point => point.Slug)));
        GridPoint again = Grid.Again(recipe, Grid.PreferencePoints(recipe)[0]);
        string text = StoredRecipe.WithRuns(stored, [again]);
        Assert.That(JsonDocument.Parse(text).RootElement.GetProperty("runs").EnumerateArray().Select(run => run.GetRawText().Replace("\n", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal)),
            Is.EqualTo(new[] { """{"method":"DPO","beta":0.1,"learningRate":1e-3,"epochs":1,"seed":2}""" }));
        Assert.That(text, Does.EndWith("}\n"));
        Recipe more = RecipeFile.Parse(text, "/recipes/next.json");
        Assert.That(more.Runs.Select(run => run.Slug), Is.EqualTo(new[] { again.Slug }));
        GridPoint third = again with { Slug = again.Slug[..^1] + "3", Parameters = [.. again.Parameters.SkipLast(1), new("Seed", "3")] };
        Assert.That(RecipeFile.Parse(StoredRecipe.WithRuns(more, [third]), "/recipes/next.json").Runs.Select(run => run.Slug), Is.EqualTo(new[] { again.Slug, third.Slug }));
    }

    private StoredRun Run(string id, string method, params double[] scores)
    {
        SampleRow[] rows = [.. (scores.Length == 0 ? [1.0] : scores).Select((score, prompt) => new SampleRow
        {
            PromptIndex = prompt, Prompt = $"p{prompt}", Chosen = "c", Response = "r", Tokens = [1], Ended = true, Score = score, ChosenScore = 1, SftScore = 1, PolicyLogProb = -1, SftLogProb = -1, KlK3 = 0, PromptCut = false, GoldInputCut = false,
        })];
        var store = new RunStore(_folder.Path, TimeProvider.System);
        using (RunClaim claim = store.Claim(id, Assert.Fail, CancellationToken.None))
        {
            File.WriteAllLines(Path.Combine(claim.Folder, "samples.jsonl"), rows.Select(SampleFile.Line));
            store.Complete(claim, id, Summaries.Summarise(rows, 1), new(id, "own", 1, new(method, id, []), new() { TrainingSeconds = 1, EvaluationSeconds = 1, TokensPerSecond = 1, Environment = new Dictionary<string, string>() }));
        }

        return store.Find(id)!;
    }

    // all but the runs' contents
    private static string Told(StoredSweep sweep) => JsonSerializer.Serialize(new
    {
        sweep.Recipe,
        sweep.Folder,
        Sft = sweep.Sft?.Id,
        SftRuns = sweep.SftRuns.Select(run => run.Id),
        Runs = sweep.Runs.Select(run => run.Id),
        Missing = sweep.Missing.Select(run => run.Point.Slug + run.Error),
        sweep.Seed,
        sweep.Command,
        sweep.LengthUnit,
        sweep.MaxCutShare,
        Judge = sweep.Judge?.ToString(),
        Search = JsonSerializer.Serialize(sweep.Search),
        Others = sweep.ByJudge.Count,
    });
}
