using System.Text.Json;
using Alignment.Data;
using Alignment.Recipes;
using Alignment.Sweeps;
using Alignment.Tests.Unit.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>A recipe's files in the parts a sweep needs, as text.</summary>
public sealed class PairPartsTests
{
    private readonly List<string> _log = [];
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void Make()
    {
        _folder = new();
        _log.Clear();
    }

    [TearDown]
    public void Remove() => _folder.Dispose();

    [Test]
    public void Prompts_of_the_gold_models_pairs_are_known_too_and_what_there_is_none_of_is_not_told()
    {
        string[] rows = [.. Enumerable.Range(0, 8).Select(i => Row($"question {i}"))];
        Write("train.jsonl", rows);
        Write("test.jsonl", [.. rows, Row("new")]);
        PairParts parts = Read(", \"split\": { \"rewardModel\": 0.5 }");
        Assert.That((parts.Training.Count, parts.Reward.Count, parts.Test.Seen.Count), Is.EqualTo((4, 4, 8)));
        Assert.That(parts.Test.Pairs.Select(pair => pair.Source), Is.EqualTo(new[] { "test.jsonl(9)" }));
        Assert.That(_log, Is.EqualTo(new[]
        {
            "train.jsonl: read as pairs: prompt = prompt, chosen = chosen, rejected = rejected; told by the recipe", "train.jsonl: 8 rows, 8 kept",
            "test.jsonl: read as pairs: prompt = prompt, chosen = chosen, rejected = rejected; told by the recipe", "test.jsonl: 9 rows, 9 kept",
            "test prompts: 8 are among the prompts that are trained on and are left out: " + string.Join(", ", Enumerable.Range(1, 8).Select(i => $"test.jsonl({i})")),
            "test prompts: 9 rows, 9 different prompts", "pairs: 4 for the policy, 4 for the gold model, 1 test prompts",
        }));
    }

    [Test]
    public void Prompts_that_are_repeated_are_told_and_none_of_them_is_seen()
    {
        Write("train.jsonl", Row("question"));
        Write("test.jsonl", Row("new"), Row("new"), Row("newer"));
        Assert.That(Read(", \"repeatedTestPrompts\": \"keep\"").Test.Pairs, Has.Count.EqualTo(3));
        Assert.That(_log.Where(line => line.StartsWith("test prompts", StringComparison.Ordinal)),
            Is.EqualTo(new[] { "test prompts: 1 repeat an earlier one and are kept: test.jsonl(2)", "test prompts: 3 rows, 2 different prompts" }));
    }

    [Test]
    public void Both_files_that_are_missing_are_told_by_their_keys() => Assert.That(() => Read(""), Throws.TypeOf<RecipeException>().With.Property(nameof(RecipeException.Faults)).EqualTo(new[]
    {
        $"own.json(5): $.data.train.file names train.jsonl, which is not there: looked at {_folder.File("train.jsonl")}; name the folder that holds it with -p:DataDir=FOLDER",
        $"own.json(6): $.data.test.file names test.jsonl, which is not there: looked at {_folder.File("test.jsonl")}; name the folder that holds it with -p:DataDir=FOLDER",
    }));

    [TestCase(true, false, false, "the recipe"), TestCase(false, true, false, "the recipe"), TestCase(false, false, true, "the recipe"), TestCase(false, false, false, "the file's columns")]
    public void A_layout_is_told_by_the_recipe_where_it_names_columns_labels_or_a_format(bool columns, bool labels, bool format, string told)
    {
        var source = new PairSource(format ? PairFormat.Plain : null, "file", 0, PairFilter.None)
        {
            Columns = columns ? new("q", "good", "bad") : null,
            Labels = labels ? new("q", "said", "good") : null,
        };
        DataFileFacts facts = DataFileFacts.Of("file.jsonl", source, new() { Shape = "pairs: as they are", Rows = 3 });
        Assert.That((facts.File, facts.ToldBy, facts.ReadAs, facts.Rows, facts.Kept, facts.IsLabelled), Is.EqualTo(("file.jsonl", told, "pairs: as they are", 3, 3, false)));
        Assert.That((facts with { ReadAs = "unpaired: prompt, completion, label" }).IsLabelled, Is.True);
    }

    private PairParts Read(string data)
    {
        const string Template = "\"template\": \"phi-3\"";
        string text = SweepFolder.Recipe.Replace("\"pairs.jsonl\"", "\"train.jsonl\"", StringComparison.Ordinal).Replace(Template, Template + data, StringComparison.Ordinal);
        Recipe recipe = RecipeFile.Parse(text, _folder.File("own.json"));
        return PairParts.Read(recipe, (FileChoice)recipe.Data, null, new() { SweepsFolder = _folder.Path }, _log.Add);
    }

    private void Write(string name, params string[] rows) => File.WriteAllLines(_folder.File(name), rows);

    private static string Row(string prompt) => JsonSerializer.Serialize(new { prompt, chosen = "yes", rejected = "no" });
}
