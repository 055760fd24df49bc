using Alignment.Kernels.Optimiser;
using Alignment.Models;
using Alignment.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Training;

public class TrainingSettingsTests
{
    private static readonly TrainingSettings s_plain = Micro.Settings(batchSize: 1, epochs: 1);

    [Test]
    public void All_impossible_values_are_refused_in_one_message()
    {
        var settings = new TrainingSettings
        {
            LearningRate = -1e-3,
            Epochs = 0,
            BatchSize = 0,
            Seed = 1,
            WeightDecay = double.NaN,
            Beta1 = 1,
            Beta2 = -0.5,
            Epsilon = 0,
            MaxGradientNorm = 0,
        };
        Assert.That(settings.Checked, Throws.ArgumentException.With.Message.EqualTo(
            "learning rate must be a finite number >= 0, was -0.001; epochs must be >= 1, was 0; batch size must be >= 1, was 0; "
            + "weight decay must be a finite number >= 0, was NaN; beta1 must be in [0, 1), was 1; beta2 must be in [0, 1), was -0.5; "
            + "epsilon must be a finite number > 0, was 0; max gradient norm must be > 0, was 0"));
    }

    [Test]
    public void Values_at_the_ends_of_their_ranges_are_taken_and_go_to_the_optimiser()
    {
        TrainingSettings settings = s_plain with { LearningRate = 0, WeightDecay = 0, Beta1 = 0, Beta2 = 0, Epsilon = double.Epsilon, MaxGradientNorm = double.PositiveInfinity };
        Assert.That(settings.Checked(), Is.SameAs(settings));
        Assert.That((settings with { LearningRate = 1, WeightDecay = 2, Beta1 = 0.3, Beta2 = 0.4, Epsilon = 5 }).Rates(),
            Is.EqualTo(new AdamWRates { LearningRate = 1, WeightDecay = 2, Beta1 = 0.3, Beta2 = 0.4, Epsilon = 5 }));
    }

    [TestCase("LearningRate", double.PositiveInfinity, "learning rate must be a finite number >= 0, was Infinity")]
    [TestCase("LearningRate", double.NaN, "learning rate must be a finite number >= 0, was NaN")]
    [TestCase("WeightDecay", -1, "weight decay must be a finite number >= 0, was -1")]
    [TestCase("WeightDecay", double.PositiveInfinity, "weight decay must be a finite number >= 0, was Infinity")]
    [TestCase("Beta1", -0.1, "beta1 must be in [0, 1), was -0.1")]
    [TestCase("Beta2", 1, "beta2 must be in [0, 1), was 1")]
    [TestCase("Beta2", double.NaN, "beta2 must be in [0, 1), was NaN")]
    [TestCase("Epsilon", double.PositiveInfinity, "epsilon must be a finite number > 0, was Infinity")]
    [TestCase("Epsilon", -1e-8, "epsilon must be a finite number > 0, was -1E-08")]
    [TestCase("MaxGradientNorm", double.NaN, "max gradient norm must be > 0, was NaN")]
    public void An_impossible_value_is_named(string name, double value, string message) => Assert.That((name switch
    {
        "LearningRate" => s_plain with { LearningRate = value },
        "WeightDecay" => s_plain with { WeightDecay = value },
        "Beta1" => s_plain with { Beta1 = value },
        "Beta2" => s_plain with { Beta2 = value },
        "Epsilon" => s_plain with { Epsilon = value },
        _ => s_plain with { MaxGradientNorm = value },
    }).Checked, Throws.ArgumentException.With.Message.EqualTo(message));

    [Test]
    public void A_policy_is_not_trained_with_impossible_values([Values(1, 2)] int ranks)
    {
        using Decoder model = Micro.Model();
        var trainers = new Func<ITrainingGoal>[]
        {
            () => new PolicyTraining(model, new SftGoal([]), s_plain with { Epochs = 0 }, new()),
            () => new ShardedTraining(model, new SftGoal([]), s_plain with { Epochs = 0 }, new()),
        };
        Assert.That(() => trainers[ranks - 1](), Throws.ArgumentException.With.Message.EqualTo("epochs must be >= 1, was 0"));
    }
}
