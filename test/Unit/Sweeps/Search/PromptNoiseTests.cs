using Alignment.Sweeps.Search;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps.Search;

public class PromptNoiseTests
{
    // differences (0, 0, 0), (1, 2, 6) and the same again: squares 14 around 3, / 2 / 3 / 2
    [Test]
    public void It_is_half_the_variance_of_the_mean_difference_and_the_median_of_all_pairs()
    {
        Assert.That(PromptNoise.Of([[1, 2, 6], [0, 0, 0]]), Is.EqualTo(14 / 12.0).Within(1e-12));
        Assert.That(PromptNoise.Of([[1, 2, 6], [0, 0, 0], [1, 2, 6]]), Is.EqualTo(14 / 12.0).Within(1e-12), "0 between the first and the last, and twice the other");
        Assert.That(PromptNoise.Of([[1, 2, 6], [0, 0, 0], [1, 2, 6], [1, 2, 6]]), Is.EqualTo(14 / 24.0).Within(1e-12), "three of each");
        Assert.That(PromptNoise.Of([[5, 7, 9], [1, 3, 5]]), Is.Zero, "what makes a prompt easy for all cancels");
        Assert.That(PromptNoise.Of([[1, 3], [0, 0]]), Is.EqualTo(0.5).Within(1e-12), "two prompts are enough");
    }

    [Test]
    public void There_is_none_of_one_run_or_one_prompt() => Assert.That((PromptNoise.Of([]), PromptNoise.Of([[1, 2, 6]]), PromptNoise.Of([[1], [2]])), Is.EqualTo((0.0, 0.0, 0.0)));
}
