using Alignment.Rewards;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Rewards;

public class RewardTrainingSettingsTests
{
    [Test]
    public void The_rate_rises_linearly_and_falls_by_half_a_cosine()
    {
        var settings = new RewardTrainingSettings { LearningRate = 1, WarmupShare = 0.3, FinalRateShare = 0.2 };
        double[] rates = [.. Enumerable.Range(0, 10).Select(step => settings.Rate(step, 10))];
        Assert.That(rates[..4], Is.EqualTo(new[] { 0.25, 0.5, 0.75, 1 }).Within(1e-12));
        Assert.That(rates[6], Is.EqualTo(0.6).Within(1e-12), "half way: the mean of highest and last");
        Assert.That(rates[9], Is.EqualTo(0.2).Within(1e-12));
    }

    [Test]
    public void A_single_step_has_the_full_rate() => Assert.That(new RewardTrainingSettings { LearningRate = 2 }.Rate(0, 1), Is.EqualTo(2));

    [Test]
    public void Impossible_settings_are_refused_all_at_once()
    {
        var settings = new RewardTrainingSettings
        {
            Epochs = 0,
            BatchPairs = -1,
            LearningRate = double.NaN,
            WarmupShare = 1,
            FinalRateShare = 1.5,
            WeightDecay = -0.1,
            ClipNorm = 0,
            Dropout = 1,
            LabelSmoothing = 0.5,
            LevelWeight = -1,
            MaxLength = 0,
            Patience = -2,
        };
        Assert.That(settings.Check, Throws.ArgumentException.With.Message.EqualTo(
            "Epochs must be > 0, was 0; BatchPairs must be > 0, was -1; LearningRate must be > 0, was NaN; WarmupShare must be in [0, 1), was 1; "
            + "FinalRateShare must be in [0, 1], was 1.5; WeightDecay must be >= 0, was -0.1; ClipNorm must be > 0, was 0; "
            + "Dropout must be in [0, 1), was 1; "
            + "LabelSmoothing must be in [0, 0.5), was 0.5; LevelWeight must be >= 0, was -1; "
            + "MaxLength must be > 0, was 0; Patience must be >= 0, was -2"));
    }
}
