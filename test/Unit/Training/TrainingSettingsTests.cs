using Alignment.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Training;

public class TrainingSettingsTests
{
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
}
