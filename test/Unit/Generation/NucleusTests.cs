using System.Globalization;
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

    // probabilities 0.4, 0.3, 0.2, 0.1 in the order of their size: k of them stay, or all where k is none or more than there are
    [TestCase(0, new[] { 0, 1, 2, 3 })]
    [TestCase(1, new[] { 1 })]
    [TestCase(3, new[] { 1, 2, 3 })]
    [TestCase(4, new[] { 0, 1, 2, 3 })]
    [TestCase(9, new[] { 0, 1, 2, 3 })]
    public void The_k_likeliest_stay(int topK, int[] ids) => Assert.That(Nucleus.Filter(s_logits, Settings(topK: topK)).Ids, Is.EqualTo(ids));

    [Test]
    public void Of_tokens_that_tie_at_the_cut_of_top_k_the_lower_ids_stay_and_the_cut_has_no_slack()
    {
        KeptTokens kept = Nucleus.Filter([1, 3, 1, 2, 1, 3], Settings(topK: 4));
        Assert.That((kept.Ids, kept.Slack), Is.EqualTo((new[] { 0, 1, 3, 5 }, 0.0)));
    }

    [Test]
    public void Top_k_counts_only_tokens_that_can_be_drawn() =>
        Assert.That(new[] { 2, 3 }.Select(topK => Nucleus.Filter([1, double.NegativeInfinity, 0, double.NegativeInfinity], Settings(topK: topK))).Select(kept => (string.Join(' ', kept.Ids), kept.Slack)),
            Is.All.EqualTo(("0 2", double.PositiveInfinity)));

    [Test]
    public void Only_differences_of_logits_count([Values(-2000, 0, 2000)] double shift)
    {
        KeptTokens kept = Nucleus.Filter([.. s_logits.Select(logit => logit + shift)], Settings(topP: 0.6));
        Assert.That(kept.Ids, Is.EqualTo(new[] { 1, 3 }));
        Assert.That(kept.Probabilities, Is.EqualTo(new[] { 4 / 7.0, 3 / 7.0 }).Within(1e-12));
    }

    [Test]
    public void Slack_is_the_change_of_ratios_that_moves_a_cut()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Nucleus.Filter(s_logits, Settings()).Slack, Is.EqualTo(double.PositiveInfinity), "nothing was cut");
            Assert.That(Nucleus.Filter(s_logits, Settings(topK: 4)).Slack, Is.EqualTo(double.PositiveInfinity), "nothing was cut");
            Assert.That(Nucleus.Filter(s_logits, Settings(topK: 2)).Slack, Is.EqualTo(1 - 0.2 / 0.3).Within(1e-12), "0.2 would have to reach 0.3");
            // dropped: 0.1, below the limit of 0.28 by 0.18; 0.1 + 0.2 are above it by 0.02; and 0.1 is half of 0.2
            Assert.That(Nucleus.Filter(s_logits, Settings(topP: 0.72)).Slack, Is.EqualTo(0.02 / (0.3 * 0.7)).Within(1e-12));
            // dropped: 0.1 + 0.2, below the limit of 0.31 by 0.01
            Assert.That(Nucleus.Filter(s_logits, Settings(topP: 0.69)).Slack, Is.EqualTo(0.01 / (0.3 * 0.7)).Within(1e-12));
            // top-k's cut between 0.2 and 0.3, top-p's (of 3/7 and 4/7) further from going another way
            Assert.That(Nucleus.Filter(s_logits, Settings(topK: 2, topP: 0.9)).Slack, Is.EqualTo(1 - 0.2 / 0.3).Within(1e-12));
        }
    }

    // probabilities, top-p, how many must stay; what stays and its slack by hand
    [TestCase("0.55 0.05 0.05 0.05 0.05 0.05 0.05 0.05 0.05 0.05", 0.49, 1, "0", 0.06 / (0.45 * 0.55), TestName = "Nine hold 0.45 of the 0.51 that may go")]
    [TestCase("0.1 0.3 0.1001 0.4999", 0.85, 1, "1 2 3", 1 - 0.1 / 0.1001, TestName = "The last one dropped is nearly as likely as the next")]
    [TestCase("0.1 0.4 0.2 0.3", 0.1, 2, "1 3", 1 - 0.2 / 0.3, TestName = "The less likely one of two that must stay")]
    public void A_cut_of_top_p_is_as_safe_as_what_would_change_first(string probabilities, double topP, int least, string ids, double slack)
    {
        double[] logits = [.. probabilities.Split(' ').Select(share => Math.Log(double.Parse(share, CultureInfo.InvariantCulture)))];
        KeptTokens kept = Nucleus.Filter(logits, Settings(topP: topP) with { MinTokensToKeep = least });
        Assert.That(string.Join(' ', kept.Ids), Is.EqualTo(ids));
        Assert.That(kept.Slack, Is.EqualTo(slack).Within(1e-12));
    }

    [Test]
    public void So_many_tokens_as_must_be_kept_stay_under_top_k_and_top_p()
    {
        SamplingSettings two = Settings(topK: 1) with { MinTokensToKeep = 2 };
        Assert.That(Nucleus.Filter(s_logits, two).Ids, Is.EqualTo(new[] { 1, 3 }));
        Assert.That(Nucleus.Filter(s_logits, two with { TopK = 0, TopP = 0.1 }).Ids, Is.EqualTo(new[] { 1, 3 }));
        Assert.That(Nucleus.Filter(s_logits, two with { TopK = 0, TopP = 0.72 }).Ids, Is.EqualTo(new[] { 1, 2, 3 }), "top-p alone keeps more");
        Assert.That(Nucleus.Filter([2, 1], two with { TopK = 0, TopP = 0.1, MinTokensToKeep = 3 }).Ids, Is.EqualTo(new[] { 0, 1 }), "there are no more");
        Assert.That(Nucleus.Filter([2, 1], two with { TopK = 0, TopP = 0.1 }).Slack, Is.EqualTo(double.PositiveInfinity), "what must stay is not cut");
    }

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
        Assert.That(() => Nucleus.Filter([1, double.NaN, 2], Settings()), Throws.ArgumentException, "also where numbers follow");
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
