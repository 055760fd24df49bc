using Alignment.Generation;
using Alignment.Tests.Unit.Training;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Generation;

[NonParallelizable]
public class UnusableLogitsTests
{
    [TestCase(double.NaN, "the logit of token 5 is NaN", 0)]
    [TestCase(double.NaN, "the logit of token 5 is NaN", 0.7)]
    public void A_model_that_gives_nan_stops_with_one_error_that_names_prompt_and_position(double broken, string fault, double temperature)
    {
        using var model = Micro.Model();
        using (no_grad())
            model.Head[5].fill_(broken);
        var sampler = new Sampler(model, new() { Temperature = temperature, MaxNewTokens = 4 }, new HashSet<int>(), 1);
        SamplingPrompt[] prompts = [.. Enumerable.Range(3, 9).Select(index => new SamplingPrompt(index, [1, 2, 3]))];
        Assert.That(() => sampler.Sample(prompts, new()).ToList(), Throws.TypeOf<NotFiniteNumberException>().With.Message.EqualTo(
            $"prompt 3, response token 0: {fault}; the model's weights are not usable, check the checkpoint and, in half precision, "
            + "the range of its activations"));
    }

    [Test]
    public void Minus_infinity_is_allowed_for_tokens_that_cannot_be_drawn_but_not_for_all()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(UnusableLogits.Fault([float.NegativeInfinity, 1]), Is.Null);
            Assert.That(UnusableLogits.Fault([float.NegativeInfinity, float.NegativeInfinity]), Is.EqualTo("none of 2 logits is finite"));
            Assert.That(UnusableLogits.Fault([0, float.PositiveInfinity]), Is.EqualTo("the logit of token 1 is Infinity"));
        }
    }

    [Test]
    public void At_least_so_many_tokens_stay_as_are_asked_for([Values(1, 2, 3)] int least) =>
        Assert.That(Nucleus.Filter([4, 3, 2, 1, double.NegativeInfinity], new() { TopP = 0, MinTokensToKeep = least, MaxNewTokens = 1 }).Ids,
            Is.EqualTo(Enumerable.Range(0, least)));

    [Test]
    public void Top_p_zero_of_equal_tokens_leaves_the_first() =>
        Assert.That(Nucleus.Filter([1, 1, 1], new() { TopP = 0, MaxNewTokens = 1 }).Ids, Is.EqualTo(new[] { 0 }));
}
