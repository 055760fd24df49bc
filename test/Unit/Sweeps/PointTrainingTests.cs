using Alignment.Models;
using Alignment.Recipes;
using Alignment.Sweeps;
using Alignment.Tests.Unit.Training;
using Alignment.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>What decides a point's training, before anything is trained.</summary>
public class PointTrainingTests
{
    private const string Dpo = "\"DPO\": { \"beta\": [0.1] }", Preference = "\"preference\": { \"epochs\": [1], \"learningRate\": [1e-3]";

    private static readonly Recipe s_recipe = RecipeFile.Parse(SweepFolder.Recipe
        .Replace(Dpo, Dpo + ", \"TR-DPO\": { \"beta\": [0.1] }, \"epsilon-DPO\": { \"beta\": [0.1] }, \"SimPO\": { \"beta\": [2], \"gamma\": [1] }", StringComparison.Ordinal)
        .Replace(Preference, "\"preference\": { \"epochs\": [3], \"learningRate\": [5e-4], \"seeds\": [7, 8], \"averages\": [2]", StringComparison.Ordinal), "own.json");

    // TR-DPO's reference follows the policy, so that no pass over the data before training could tell of it
    [TestCase("SFT", false, false), TestCase("DPO", true, false), TestCase("TR-DPO", false, true), TestCase("epsilon-DPO", true, true), TestCase("SimPO", false, false)]
    public void An_objective_decides_whether_the_reference_pass_and_a_second_model_are_needed(string method, bool pass, bool model)
    {
        PointTraining training = Of(method);
        Assert.That((training.ReadsReferencePass, training.NeedsModel), Is.EqualTo((pass, model)));
    }

    [Test]
    public void Settings_are_the_stages_at_the_points_values()
    {
        TrainingSettings sft = Of("SFT").Settings, dpo = Of("DPO").Settings;
        Assert.That(sft, Is.EqualTo(s_recipe.Sft!.Training with { LearningRate = 1e-3, Epochs = 1 }));
        Assert.That(dpo, Is.EqualTo(s_recipe.Methods[0].Stage.Training with { LearningRate = 5e-4, Epochs = 3, Seed = 7 }));
        Assert.That((sft.Seed, sft.Schedule.WarmupRatio, dpo.Schedule.WarmupRatio), Is.EqualTo((1UL, s_recipe.Sft.Training.Schedule.WarmupRatio, 0.1)));
        Assert.That(Of("DPO").Averages, Is.EqualTo(new[] { new WeightAverage(2, s_recipe.Methods[0].Stage.AverageOver) }));
        Assert.That(Of("SFT").Averages, Is.Empty);
    }

    [Test]
    public void Sft_learns_its_rows_and_a_method_goes_through_pairs_with_what_it_needs()
    {
        IPolicyGoal sft = Of("SFT").Goal(null), simpo = Of("SimPO").Goal(null);
        Assert.That((sft.Name, simpo.Name), Is.EqualTo(("SFT", "SimPO")));
        Assert.That(new[] { sft, simpo }.Select(goal => goal.Rows.Select(row => row.Source)), Is.All.EqualTo(Micro.Pairs(3).Select(row => row.Source)));
        Assert.That(() => Of("DPO").Goal(null), Throws.ArgumentException.With.Message.EqualTo("DPO needs the reference model's log-probs: run the reference pass first"));
        Assert.That(() => Of("TR-DPO").Goal(null), Throws.ArgumentException.With.Message.EqualTo("TR-DPO needs a second model beside the policy, and is given none"));
    }

    [Test]
    public void All_weights_are_trained_where_the_recipe_names_no_adapters()
    {
        using Decoder policy = Micro.Model();
        Assert.That((Of("SFT").Attach(policy), Of("DPO").Attach(policy), policy.Adapters), Is.EqualTo(((LoraSettings?)null, (LoraSettings?)null, (LoraAdapters?)null)));
    }

    private static PointTraining Of(string method) => new(Grid.SftPoints(s_recipe).Concat(Grid.PreferencePoints(s_recipe)).First(point => point.Method == method),
        s_recipe, BareData.Of(Micro.Pairs(3)));
}
