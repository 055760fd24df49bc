using Alignment.Recipes;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Recipes;

/// <summary>A round on-policy in a recipe.</summary>
public class RecipeResampleTests
{
    private const string Good = "{ \"responses\": 4, \"judge\": { \"folder\": \"models/other\", \"maxLength\": 64 } }", Gold = "\"gold\": { \"folder\": \"models/gold\", \"maxLength\": 64 }";

    [Test]
    public void Every_point_comes_once_more_under_a_name_of_its_own()
    {
        Recipe recipe = Load(Good);
        GridPoint[] points = [.. Grid.PreferencePoints(recipe)], offline = [.. points.Where(point => !point.OnPolicy)];
        Assert.That(offline.Select(point => point.Slug), Is.EqualTo(Grid.PreferencePoints(Load(null)).Select(point => point.Slug)));
        Assert.That(points.Skip(offline.Length).Select(point => point.Slug), Is.EqualTo(offline.Select(point => point.Slug.Replace(point.Method, $"{point.Method}-onpolicy", StringComparison.Ordinal))));
        Assert.That(points.Skip(offline.Length).Select(point => string.Join(' ', point.Parameters)), Is.EqualTo(offline.Select(point => string.Join(' ', point.Parameters))));
        Assert.That(points.Skip(offline.Length).Select(point => point.WithoutSeed().OnPolicy), Is.All.True);
        Assert.That(recipe.AllJudges.Select(judge => (judge.Name, judge.Key)), Is.EqualTo(new[] { ("gold", "gold"), ("other", "data.resample.judge") }));
        Assert.That(Load(null).AllJudges, Is.EqualTo(Load(null).Judges));
    }

    [TestCase("", 0.7, 0.95), TestCase(", \"temperature\": 1.5", 1.5, 0.95), TestCase(", \"topP\": 0.5, \"temperature\": 1", 1, 0.5)]
    public void It_samples_as_the_recipe_does_unless_it_says_otherwise(string more, double temperature, double topP)
    {
        Recipe recipe = Load(Good.Replace("4,", $"4{more},", StringComparison.Ordinal));
        Assert.That(recipe.Resample!.Sampling(recipe.Generation), Is.EqualTo(recipe.Generation with { Temperature = temperature, TopP = topP }));
    }

    [TestCase("{ \"responses\": 1, \"judge\": { \"folder\": \"o\", \"maxLength\": 4 } }", "$.data.resample.responses must be a whole number >= 2, was 1")]
    [TestCase("{ \"responses\": 4 }", "$.data.resample \"judge\" is missing; it must be an object")]
    [TestCase("{ \"responses\": 4, \"judge\": \"other\" }", "$.data.resample.judge must be an object, was \"other\"")]
    [TestCase("{ \"judge\": { \"folder\": \"o\", \"maxLength\": 4 } }", "$.data.resample \"responses\" is missing; it must be a whole number >= 2")]
    [TestCase("{ \"responses\": 4, \"judge\": { \"folder\": \"o\" } }", "$.data.resample.judge \"maxLength\" is missing; it must be a whole number >= 1")]
    [TestCase("{ \"responses\": 4, \"temperature\": 0, \"judge\": { \"folder\": \"o\", \"maxLength\": 4 } }", "$.data.resample.temperature must be a number > 0, was 0")]
    [TestCase("{ \"responses\": 4, \"rounds\": 2, \"judge\": { \"folder\": \"o\", \"maxLength\": 4 } }", "$.data.resample.rounds is not a known key; known here: judge, responses, temperature, topP")]
    [TestCase("{ \"responses\": 4, \"judge\": { \"folder\": \"models/gold\", \"maxLength\": 9, \"name\": \"another\" } }",
        "$.data.resample.judge is the judge that decides, gold: a policy trained on what it chose would be scored by it, too; give another one")]
    [TestCase("{ \"responses\": 4, \"judge\": { \"folder\": \"old/gold\", \"maxLength\": 9 } }",
        "$.data.resample.judge is the second judge of the name \"gold\" (letters and digits count); give each a \"name\" of its own")]
    public void What_cannot_be_is_told_by_its_place(string resample, string fault) => Assert.That(Faults(resample), Has.Some.EqualTo($"small.json(5): {fault}"));

    [Test]
    public void What_does_not_go_with_the_rest_of_the_recipe_is_refused()
    {
        Assert.That(Faults(Good, ("\"testPrompts\": 10", "\"search\": { \"runs\": 4 }, \"testPrompts\": 10")), Is.EqualTo(new[]
        {
            "small.json(5): $.data.resample runs every point of the grids a second time, on pairs of its own, and \"search\" runs some of them: leave one of the two out",
        }));
        Assert.That(Faults(Good, ("\"temperature\": 0.7, \"topP\": 0.95", "\"temperature\": 0, \"topP\": 1")), Is.EqualTo(new[]
        {
            "small.json(5): $.data.resample samples at the temperature of \"generation\", 0, at which all responses to a prompt are the same: give it a \"temperature\" above 0",
        }));
    }

    [Test]
    public void The_embedded_worlds_score_is_a_judge_of_its_own_prompts_alone()
    {
        const string World = "{ \"responses\": 2, \"judge\": { \"world\": {} } }";
        Assert.That(Load(World).Resample!.Judge, Is.InstanceOf<WorldGold>());
        Assert.That(Faults(World, (Gold, "\"gold\": { \"world\": {} }")), Is.EqualTo(new[]
        {
            "small.json(5): $.data.resample.judge is the judge that decides, world: a policy trained on what it chose would be scored by it, too; give another one",
        }));
        Assert.That(Faults(World, ("\"world\": { \"trainingPairs\": 40 }", "\"train\": { \"file\": \"a.jsonl\" }, \"split\": { \"test\": 0.5 }, \"tokenizer\": \"t\"")), Is.EqualTo(new[]
        {
            "small.json(5): $.data.resample.judge \"world\" scores only the embedded world's prompts; give \"folder\", \"decoder\" or \"neox\" for data from files",
        }));
    }

    private static Recipe Load(string? resample, params (string Piece, string Replacement)[] edits) => RecipeFile.Parse(edits.Prepend(("\"gold\": { \"world\": {} }", Gold))
        .Prepend(("\"trainingPairs\": 40 }", $"\"trainingPairs\": 40 }}{(resample == null ? "" : $", \"resample\": {resample}")}"))
        .Aggregate(RecipeText.Good, (text, edit) => text.Contains(edit.Item1, StringComparison.Ordinal) ? text.Replace(edit.Item1, edit.Item2, StringComparison.Ordinal)
            : throw new ArgumentException(edit.Item1)), "/somewhere/small.json");

    private static IReadOnlyList<string> Faults(string resample, params (string Piece, string Replacement)[] edits) => Assert.Throws<RecipeException>(() => Load(resample, edits))!.Faults;
}
