using Alignment.Files;
using Alignment.Generation;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Generation;

public class NucleusTests
{
    // probabilities 0.1, 0.4, 0.2, 0.3
    private static readonly double[] s_logits = [Math.Log(0.1), Math.Log(0.4), Math.Log(0.2), Math.Log(0.3)];

    [TestCase(0.35, new[] { 1 }, new[] { 1.0 })]
    [TestCase(0.6, new[] { 1, 3 }, new[] { 4 / 7.0, 3 / 7.0 })]
    [TestCase(0.85, new[] { 1, 2, 3 }, new[] { 4 / 9.0, 2 / 9.0, 3 / 9.0 })]
    [TestCase(1.0, new[] { 0, 1, 2, 3 }, new[] { 0.1, 0.4, 0.2, 0.3 })]
    public void The_likeliest_tokens_that_reach_top_p_stay(double topP, int[] ids, double[] probabilities)
    {
        KeptTokens kept = Nucleus.Filter(s_logits, Settings(topP: topP));
        Assert.That(kept.Ids, Is.EqualTo(ids));
        Assert.That(kept.Probabilities, Is.EqualTo(probabilities).Within(1e-14));
    }

    // four equal weights are exact: the tail holds exactly 1 − top_p and goes, as in transformers (cumulative <= 1 − top_p)
    [TestCase(0.75, new[] { 0, 1, 2 })]
    [TestCase(0.5, new[] { 0, 1 })]
    [TestCase(0.25, new[] { 0 })]
    public void A_tail_of_exactly_the_limit_is_dropped(double topP, int[] ids) =>
        Assert.That(Nucleus.Filter([3, 3, 3, 3], Settings(topP: topP)).Ids, Is.EqualTo(ids));

    [Test]
    public void Temperature_comes_before_top_p() =>
        // squared and normalised: 0.01, 0.16, 0.04, 0.09 of 0.30
        Assert.That(Nucleus.Filter(s_logits, Settings(temperature: 0.5, topP: 0.6)).Probabilities, Is.EqualTo(new[] { 16 / 25.0, 9 / 25.0 }).Within(1e-14));

    [Test]
    public void Top_k_comes_before_top_p() => Assert.That(Nucleus.Filter(s_logits, Settings(topK: 2, topP: 0.57)).Ids, Is.EqualTo(new[] { 1 }));

    [Test]
    public void It_agrees_with_a_full_sort_on_random_vocabularies([Values(0.05, 0.5, 0.9, 0.99)] double topP, [Values(0.3, 1, 5)] double spread)
    {
        var random = new SeededRandom(11, "test/logits");
        for (int trial = 0; trial < 20; trial++)
        {
            double[] logits = [.. Enumerable.Range(0, 700).Select(_ => spread * random.NextNormal())];
            Assert.That(Nucleus.Filter(logits, Settings(topP: topP)).Ids, Is.EqualTo(SortedNucleus(logits, topP)));
        }
    }

    [Test]
    public void No_token_to_draw_is_an_error()
    {
        Assert.That(() => Nucleus.Filter([double.NaN, 1], Settings()), Throws.ArgumentException.With.Message.EqualTo(
            "the largest of 2 logits is NaN: there is no token to draw"));
        Assert.That(() => Nucleus.Filter([double.NegativeInfinity], Settings()), Throws.ArgumentException.With.Message.EqualTo(
            "the largest of 1 logits is -Infinity: there is no token to draw"));
    }

    private static int[] SortedNucleus(double[] logits, double topP)
    {
        double total = logits.Sum(Math.Exp), above = 0;
        List<int> kept = [];
        foreach (int id in Enumerable.Range(0, logits.Length).OrderByDescending(id => logits[id]))
        {
            if (above >= topP * total)
                break;
            kept.Add(id);
            above += Math.Exp(logits[id]);
        }
        return [.. kept.Order()];
    }

    private static SamplingSettings Settings(double temperature = 1, int topK = 0, double topP = 1) =>
        new() { Temperature = temperature, TopK = topK, TopP = topP, MaxNewTokens = 1 };
}
