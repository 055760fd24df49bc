using Alignment.Recipes;
using Alignment.Sweeps;
using Alignment.Tests.Unit.Recipes;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

public class RunIdentityTests
{
    private static string[] Ids(string text, string data = "d", string models = "") =>
        Ids(RecipeFile.Parse(text, "/somewhere/small.json"), new RunIdentity(RecipeFile.Parse(text, "/somewhere/small.json"), data, models));

    private static string[] Ids(Recipe recipe, RunIdentity identity) =>
        [.. Grid.SftPoints(recipe).Concat(Grid.PreferencePoints(recipe)).Select(identity.Of)];

    [Test]
    public void An_id_is_the_slug_and_a_hash() => Assert.That(Ids(RecipeText.Good)[2], Does.Match("^DPO-b0.1-lr1e-4-e1-[0-9a-f]{10}$"));

    [Test]
    public void White_space_comments_and_the_place_of_the_file_do_not_matter()
    {
        string other = RecipeText.Good.Replace("\n", "\n // so\n\n", StringComparison.Ordinal);
        Recipe moved = RecipeFile.Parse(other, "/elsewhere/copy.json");
        Assert.That(Ids(moved, new RunIdentity(moved, "d", "")), Is.EqualTo(Ids(RecipeText.Good)));
    }

    [Test]
    public void Points_added_to_a_method_leave_the_other_ids() =>
        Assert.That(Ids(RecipeText.With("\"beta\": [0.1]", "\"beta\": [0.1, 0.3]")), Is.SupersetOf(Ids(RecipeText.Good)));

    [Test]
    public void A_changed_SFT_grid_changes_preference_runs_and_keeps_the_SFT_runs_it_still_has()
    {
        string[] before = Ids(RecipeText.Good), after = Ids(RecipeText.With("\"epochs\": [1, 2]", "\"epochs\": [1]"));
        Assert.That(after[0], Is.EqualTo(before[0]));
        Assert.That(after[1..].Intersect(before), Is.Empty);
    }

    [TestCase("\"seed\": 7", "\"seed\": 8"), TestCase("\"width\": 32", "\"width\": 64"), TestCase("\"temperature\": 0.7", "\"temperature\": 0.8")]
    [TestCase("\"testPrompts\": 10", "\"testPrompts\": 11"), TestCase("\"batchSize\": 8 }", "\"batchSize\": 4 }")]
    public void What_changes_a_result_changes_every_id(string piece, string replacement) =>
        Assert.That(Ids(RecipeText.With(piece, replacement)).Intersect(Ids(RecipeText.Good)), Is.Empty);

    [Test]
    public void Adapters_change_the_preference_runs_and_leave_the_SFT_runs()
    {
        string[] before = Ids(RecipeText.Good);
        string[] after = Ids(RecipeText.With("\"maxPositions\": 128",
            "\"maxPositions\": 128, \"lora\": { \"rank\": 2, \"alpha\": 4, \"targets\": [\"o_proj\"] }"));
        string[] other = Ids(RecipeText.With("\"maxPositions\": 128",
            "\"maxPositions\": 128, \"lora\": { \"rank\": 2, \"alpha\": 4, \"targets\": [\"qkv_proj\"] }"));
        Assert.That(after[..2], Is.EqualTo(before[..2]));
        Assert.That(after[2..].Intersect([.. before, .. other]), Is.Empty);
    }

    [Test]
    public void Other_data_or_other_models_change_every_id()
    {
        Assert.That(Ids(RecipeText.Good, data: "e").Intersect(Ids(RecipeText.Good)), Is.Empty);
        Assert.That(Ids(RecipeText.Good, models: "m").Intersect(Ids(RecipeText.Good)), Is.Empty);
    }
}
