using Alignment.Files;
using Alignment.Generation;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Generation;

public class TokenChoiceTests
{
    private static readonly double[] s_logits = [Math.Log(0.1), Math.Log(0.4), Math.Log(0.2), Math.Log(0.3)];

    [TestCase(0.0, 0)]
    [TestCase(0.0999, 0)]
    [TestCase(0.1001, 1)]
    [TestCase(0.69, 2)]
    [TestCase(0.9999, 3)]
    public void A_draw_is_looked_up_in_the_order_of_the_ids(double uniform, int token) =>
        Assert.That(TokenChoice.Of(s_logits, Settings(), uniform), Is.EqualTo(new TokenChoice(token, Sure: true)));

    [TestCase(0.1 + 1e-6, 1, TestName = "A_draw_at_a_boundary_is_not_sure")]
    [TestCase(0.5 - 1e-6, 1, TestName = "A_draw_below_a_boundary_is_not_sure")]
    public void A_draw_near_a_boundary_is_not_sure(double uniform, int token) =>
        Assert.That(TokenChoice.Of(s_logits, Settings(), uniform), Is.EqualTo(new TokenChoice(token, Sure: false)));

    [Test]
    public void A_cut_near_top_p_is_not_sure([Values(0.7 - 1e-6, 0.7 + 1e-6)] double topP) =>
        Assert.That(TokenChoice.Of(s_logits, Settings() with { TopP = topP }, 0.3).Sure, Is.False);

    [Test]
    public void Nearly_equal_tokens_at_the_cut_are_not_sure() =>
        Assert.That(TokenChoice.Of([1, 1 + 1e-6, 0.5], Settings() with { TopP = 0.3 }, 0.3).Sure, Is.False);

    // 0.5 and 0.5: a draw at 0.5 + d is moved across the boundary by a change of the odds of d / 0.25, and a logit's error changes them by twice its share
    [Test]
    public void A_draw_is_sure_from_where_the_error_cannot_move_it_across([Values(0.5, 1.0)] double temperature, [Values] bool sure)
    {
        double draw = 0.5 + 0.25 * 2 * TokenChoice.LogitError / temperature * (sure ? 1.01 : 0.99);
        Assert.That(TokenChoice.Of([1, 1], Settings() with { Temperature = temperature }, draw), Is.EqualTo(new TokenChoice(1, sure)));
    }

    [Test]
    public void Greedy_takes_the_likeliest_and_is_not_sure_of_near_ties()
    {
        SamplingSettings greedy = Settings() with { Temperature = 0 };
        Assert.That(TokenChoice.Of(s_logits, greedy, 0), Is.EqualTo(new TokenChoice(1, Sure: true)));
        Assert.That(TokenChoice.Of([1, 1 + 1e-6, 0], greedy, 0), Is.EqualTo(new TokenChoice(1, Sure: false)));
        Assert.That(TokenChoice.Of([1 + 1e-6, 0, 1], greedy, 0), Is.EqualTo(new TokenChoice(0, Sure: false)), "wherever the rival stands");
        Assert.That(TokenChoice.Of([0, 3, 1, 2], greedy, 0), Is.EqualTo(new TokenChoice(1, Sure: true)));
        Assert.That(TokenChoice.Of([2, 2, 1], greedy, 0), Is.EqualTo(new TokenChoice(0, Sure: false)), "the lowest id of equals");
        Assert.That(TokenChoice.Of([3 * TokenChoice.LogitError, 0], greedy, 0).Sure, "each logit may move by the error, not by more");
        Assert.That(TokenChoice.Of([1.5 * TokenChoice.LogitError, 0], greedy, 0).Sure, Is.False);
        Assert.That(() => TokenChoice.Of([1, double.PositiveInfinity], greedy, 0), Throws.ArgumentException);
        Assert.That(() => TokenChoice.Of([1, double.NaN], greedy, 0), Throws.ArgumentException.With.Message.EqualTo(
            "a logit is NaN or infinite: the model's weights are not usable"));
    }

    [Test]
    public void A_sure_choice_survives_every_change_of_the_logits_up_to_the_error()
    {
        var random = new SeededRandom(5, "test/sure");
        int sure = 0;
        for (int trial = 0; trial < 2000; trial++)
        {
            double[] logits = [.. Enumerable.Range(0, 40).Select(_ => 2 * random.NextNormal())];
            var settings = new SamplingSettings { Temperature = 0.7, TopP = 0.9, MaxNewTokens = 1 };
            double draw = random.NextDouble();
            TokenChoice choice = TokenChoice.Of(logits, settings, draw);
            if (!choice.Sure)
                continue;
            sure++;
            foreach (Func<int, bool> up in new Func<int, bool>[] { _ => random.NextInt(2) == 0, id => id <= choice.Token, id => id < choice.Token,
                id => id > choice.Token, id => id >= choice.Token, id => logits[id] > 2, id => logits[id] < 2 })
            {
                double[] moved = [.. logits.Select((logit, id) => logit + (up(id) ? 1 : -1) * TokenChoice.LogitError)];
                Assert.That(TokenChoice.Of(moved, settings, draw).Token, Is.EqualTo(choice.Token));
            }
        }
        Assert.That(sure, Is.GreaterThan(1900));
    }

    // many tokens nearly tie, so that one of several could stand at the cut; most draws lie far from what that moves
    [Test]
    public void A_draw_is_sure_though_the_cut_is_not_where_no_change_of_the_logits_chooses_another([Values(20, 300)] int vocabulary, [Values(0.5, 0.9, 0.99)] double topP)
    {
        var random = new SeededRandom(6, FormattableString.Invariant($"test/open/{vocabulary}/{topP}"));
        var settings = new SamplingSettings { Temperature = 0.7, TopP = topP, MaxNewTokens = 1 };
        int openAndSure = 0, open = 0;
        for (int trial = 0; trial < 3000; trial++)
        {
            float[] logits = [.. Enumerable.Range(0, vocabulary).Select(_ => random.NextInt(vocabulary / 2) * 12f / vocabulary + (float)(3e-5 * random.NextNormal()))];
            double[] wide = Array.ConvertAll(logits, logit => (double)logit);
            double draw = random.NextDouble();
            using Tensor row = tensor(logits, [1, vocabulary]);
            NucleusOnHostTests.RequireService(row);
            if (TokenChoice.Of(NucleusOnHost.Draw(row, settings, [draw])[0], settings, draw) is not { } choice)
                continue;
            Assert.That(choice.Token, Is.EqualTo(TokenChoice.Of(wide, settings, draw).Token));
            KeptTokens kept = Nucleus.Filter(wide, settings);
            bool cutIsOpen = kept.Slack <= TokenChoice.Change(settings);
            open += cutIsOpen ? 1 : 0;
            if (!choice.Sure)
                continue;
            openAndSure += cutIsOpen ? 1 : 0;
            HashSet<int> inside = [.. kept.Ids];
            foreach (Func<int, bool> up in new Func<int, bool>[] { _ => random.NextInt(2) == 0, _ => random.NextInt(2) == 0, id => id <= choice.Token, id => id < choice.Token,
                id => id > choice.Token, id => id >= choice.Token, inside.Contains, id => !inside.Contains(id), id => inside.Contains(id) == id < choice.Token, id => inside.Contains(id) != id < choice.Token })
            {
                double[] moved = [.. wide.Select((logit, id) => logit + (up(id) ? 1 : -1) * TokenChoice.LogitError)];
                Assert.That(TokenChoice.Of(moved, settings, draw).Token, Is.EqualTo(choice.Token), $"trial {trial}");
            }
        }
        Assert.That(open, Is.GreaterThan(300));
        Assert.That(openAndSure, Is.GreaterThan(open / 6));
        TestContext.Out.WriteLine($"{openAndSure} of {open} draws with an open cut are sure");
    }

    // 2e-20 - 1 and 1e-20 - 1 are one number: their weights are equal though they are not
    [Test]
    public void Logits_whose_weights_alone_are_equal_are_kept_as_the_whole_row_says([Values(0.05, 0.25, 0.9)] double draw)
    {
        float[] logits = [2e-20f, 0, 1e-20f, 1];
        var settings = new SamplingSettings { TopP = 0.7, MaxNewTokens = 1 };
        using Tensor row = tensor(logits, [1, logits.Length]);
        NucleusOnHostTests.RequireService(row);
        int wanted = TokenChoice.Of(Array.ConvertAll(logits, logit => (double)logit), settings, draw).Token;
        Assert.That(TokenChoice.Of(NucleusOnHost.Draw(row, settings, [draw])[0], settings, draw)?.Token, Is.Null.Or.EqualTo(wanted));
    }

    private static SamplingSettings Settings() => new() { MaxNewTokens = 1 };
}
