using Alignment.Objectives;
using Alignment.Recipes;
using Alignment.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Recipes;

public class GridTests
{
    private static readonly Recipe s_recipe = RecipeFile.Parse(RecipeText.Good, "/somewhere/small.json");

    [Test]
    public void Points_come_in_the_order_of_the_recipe_with_its_spelling() =>
        Assert.That(Grid.SftPoints(s_recipe).Concat(Grid.PreferencePoints(s_recipe)).Select(point => point.Slug), Is.EqualTo(new[]
        {
            "SFT-lr1e-3-e1", "SFT-lr1e-3-e2",
            "DPO-b0.1-lr1e-4-e1", "DPO-b0.1-lr3e-4-e1",
            "LN-DPO-b1.0-lr1e-4-e1", "LN-DPO-b1.0-lr3e-4-e1", "LN-DPO-b2.5-lr1e-4-e1", "LN-DPO-b2.5-lr3e-4-e1",
            "SimPO-b2.0-g0.5-lr1e-4-e1", "SimPO-b2.0-g0.5-lr3e-4-e1", "SimPO-b2.0-g1-lr1e-4-e1", "SimPO-b2.0-g1-lr3e-4-e1",
        }));

    [Test]
    public void A_SimPO_point_shows_gamma_and_its_ratio_to_beta() =>
        Assert.That(Grid.PreferencePoints(s_recipe)[6].Parameters.Select(value => $"{value.Key}={value.Value}"),
            Is.EqualTo(new[] { "Beta=2.0", "Gamma=0.5", "GammaBetaRatio=0.25", "LearningRate=1e-4", "Epochs=1" }));

    [Test]
    public void A_point_given_by_ratio_trains_with_the_same_objective_as_by_gamma()
    {
        Recipe byRatio = RecipeFile.Parse(RecipeText.With("\"gamma\": [0.5, 1]", "\"gammaBetaRatio\": [0.25]"), "/somewhere/small.json");
        GridPoint point = Grid.PreferencePoints(byRatio)[6];
        Assert.That(point.Parameters.Select(value => $"{value.Key}={value.Value}"),
            Is.EqualTo(new[] { "Beta=2.0", "Gamma=0.5", "GammaBetaRatio=0.25", "LearningRate=1e-4", "Epochs=1" }));
        Assert.That(Methods.Objective(point), Is.EqualTo(new SimPo(2, 0.5)));
    }

    [Test]
    public void A_method_may_have_its_own_learning_rates_and_keeps_the_shared_rest()
    {
        Recipe own = RecipeFile.Parse(RecipeText.With("\"beta\": [0.1]", "\"beta\": [0.1], \"learningRate\": [5e-5], \"weightDecay\": 0.1"), "/somewhere/small.json");
        StageGrid stage = Grid.Stage(own, Grid.PreferencePoints(own)[0])!;
        Assert.That(Grid.PreferencePoints(own)[0].Slug, Is.EqualTo("DPO-b0.1-lr5e-5-e1"));
        Assert.That((stage.Training.WeightDecay, stage.Training.BatchSize, stage.Training.Schedule.WarmupRatio), Is.EqualTo((0.1, 8, 0.2)));
    }

    [Test]
    public void Seeds_repeat_every_point_of_a_method()
    {
        Recipe repeated = RecipeFile.Parse(
            RecipeText.With("\"warmupRatio\": 0.2", "\"warmupRatio\": 0.2, \"seeds\": [1, 12]").Replace("\"beta\": [1.0, 2.5]", "\"beta\": [1.0], \"seeds\": [3]", StringComparison.Ordinal),
            "/somewhere/small.json");
        Assert.That(Grid.PreferencePoints(repeated).Take(6).Select(point => point.Slug), Is.EqualTo(new[]
        {
            "DPO-b0.1-lr1e-4-e1-s1", "DPO-b0.1-lr1e-4-e1-s12", "DPO-b0.1-lr3e-4-e1-s1", "DPO-b0.1-lr3e-4-e1-s12", "LN-DPO-b1.0-lr1e-4-e1-s3", "LN-DPO-b1.0-lr3e-4-e1-s3",
        }));
        Assert.That(Grid.PreferencePoints(repeated)[1].Parameters[^1], Is.EqualTo(KeyValuePair.Create("Seed", "12")));
    }

    [Test]
    public void Averages_follow_the_point_whose_training_they_are_of()
    {
        Recipe recipe = RecipeFile.Parse(RecipeText.With("\"warmupRatio\": 0.2", "\"warmupRatio\": 0.2, \"averages\": [4, 12], \"averageOver\": 0.25, \"seeds\": [1, 12]")
            .Replace("\"beta\": [1.0, 2.5]", "\"beta\": [1.0], \"averages\": [2]", StringComparison.Ordinal)
            .Replace("\"testPrompts\"", "\"runs\": [{ \"method\": \"DPO\", \"beta\": 0.5, \"learningRate\": 1e-5, \"epochs\": 2, \"seed\": 4 }], \"testPrompts\"", StringComparison.Ordinal), "/somewhere/small.json");
        IReadOnlyList<GridPoint> points = Grid.PreferencePoints(recipe);
        Assert.That(points.Take(6).Select(point => point.Slug), Is.EqualTo(new[]
        {
            "DPO-b0.1-lr1e-4-e1-s1", "DPO-b0.1-lr1e-4-e1-avg4-s1", "DPO-b0.1-lr1e-4-e1-avg12-s1",
            "DPO-b0.1-lr1e-4-e1-s12", "DPO-b0.1-lr1e-4-e1-avg4-s12", "DPO-b0.1-lr1e-4-e1-avg12-s12",
        }));
        Assert.That(points[1].Parameters.Select(value => $"{value.Key}={value.Value}"), Is.EqualTo(new[] { "Beta=0.1", "LearningRate=1e-4", "Epochs=1", "Average=4", "Seed=1" }));
        Assert.That(points.TakeLast(3).Select(point => point.Slug), Is.EqualTo(new[] { "DPO-b0.5-lr1e-5-e2-s4", "DPO-b0.5-lr1e-5-e2-avg4-s4", "DPO-b0.5-lr1e-5-e2-avg12-s4" }));
        Assert.That(points.Where(point => point.Method == "LN-DPO").Select(point => point.Spelling("Average")).Distinct(), Is.EqualTo(new[] { null, "2" }), "a method's own win");
        Assert.That(points.Select(Grid.Trained).Select(point => point.Slug).Distinct(), Is.EqualTo(points.Where(point => !point.IsAverage).Select(point => point.Slug)));
        Assert.That(points.GroupBy(point => Grid.Trained(point).Slug).All(same => same.Select(point => Grid.OfTraining(recipe, point).Select(of => of.Slug)).All(of => of.SequenceEqual(same.Select(point => point.Slug)))));
        Assert.That(Grid.Trained(points[2]).Parameters, Is.EqualTo(points[0].Parameters));
        Assert.That((Grid.Average(recipe, points[0]), Grid.Average(recipe, points[2])), Is.EqualTo(((WeightAverage?)null, new WeightAverage(12, 0.25))));
        Assert.That(Grid.Settings(recipe).Concat(Grid.SftPoints(recipe)), Has.None.Property(nameof(GridPoint.Slug)).Contains("avg"), "an average is not trained");
        Assert.That(Grid.OfTraining(recipe, Grid.SftPoints(recipe)[0]), Has.Count.EqualTo(1));
        Assert.That((recipe.Averages, s_recipe.Averages), Is.EqualTo((2, 0)));
    }

    [TestCase("tiny"), TestCase("hh-rlhf"), TestCase("paper")]
    public void The_recipes_that_come_with_the_library_are_valid(string name)
    {
        Recipe recipe = RecipeFile.Load(name, "/");
        Assert.That(recipe.Name, Is.EqualTo(name));
        Assert.That(recipe.Methods.Select(grid => grid.Method), Is.EqualTo(new[] { "DPO", "LN-DPO", "SimPO" }));
    }

    [Test]
    public void Shards_share_the_points_without_overlap()
    {
        string[] all = [.. Grid.PreferencePoints(s_recipe).Select(point => point.Slug)];
        string[][] parts = [.. Enumerable.Range(1, 3).Select(index => new Shard(index, 3).Of(all).ToArray())];
        Assert.That(parts.SelectMany(part => part), Is.EquivalentTo(all));
        Assert.That(parts[1], Is.EqualTo(new[] { all[1], all[4], all[7] }));
    }

    [TestCase("null"), TestCase("{ \"epochs\": [0], \"learningRate\": [1e-3], \"batchSize\": 8 }"), TestCase("")]
    public void Without_SFT_one_point_stands_for_the_given_model(string sft)
    {
        string text = RecipeText.With("\"sft\": { \"epochs\": [1, 2], \"learningRate\": [1e-3], \"batchSize\": 8 },", sft.Length == 0 ? "" : $"\"sft\": {sft},");
        Recipe recipe = RecipeFile.Parse(text.Replace("{ \"width\": 32, \"layers\": 2, \"heads\": 2, \"keyValueHeads\": 1, \"mlpWidth\": 64, \"maxPositions\": 128 }",
            "{ \"folder\": \"given\" }", StringComparison.Ordinal), "/somewhere/small.json");
        Assert.That(recipe.Sft, Is.Null);
        Assert.That(Grid.SftPoints(recipe).Single().Slug, Is.EqualTo("start"));
        Assert.That(Grid.Stage(recipe, Grid.SftPoints(recipe)[0]), Is.Null, "it is not trained");
    }

    [Test]
    public void Adapters_of_SFT_and_of_preference_runs_are_told_apart()
    {
        Recipe recipe = RecipeFile.Parse(RecipeText.With("\"epochs\": [1, 2]", "\"epochs\": [1], \"lora\": { \"rank\": 2, \"alpha\": 4, \"targets\": \"all-linear\" }"), "/somewhere/small.json");
        Assert.That(Grid.Lora(recipe, Grid.SftPoints(recipe)[0])!.Targets, Is.EqualTo(new[] { "all-linear" }));
        Assert.That(Grid.Lora(recipe, Grid.PreferencePoints(recipe)[0]), Is.Null);
    }
}
