using Alignment.Files;
using Alignment.Generation;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Generation;

public class NucleusOnHostTests
{
    private static readonly SamplingSettings s_settings = new() { MaxNewTokens = 1 };

    [Test]
    public void Settings_that_keep_tokens_by_their_rank_and_numbers_of_other_types_are_not_served()
    {
        using Tensor single = zeros(1, 8), twice = zeros(1, 8, ScalarType.Float64);
        RequireService(single);
        SamplingSettings[] others = [s_settings with { TopK = 3 }, s_settings with { MinTokensToKeep = 2 }, s_settings with { TopP = 0 }];
        Assert.That(others.Select(settings => NucleusOnHost.Serves(single, settings)), Is.All.False);
        Assert.That(NucleusOnHost.Serves(twice, s_settings), Is.False);
        using var rows = new LogitRows(single.alias(), new());
        Assert.That(others.Select(settings => rows.DrawnOnHost(settings, [0.5])), Is.All.Null);
        Assert.That(rows.DrawnOnHost(s_settings, [0.3])!.Single().Token, Is.EqualTo(2));
    }

    // every length of what no vector is filled by; numbers that tie, and that do not
    [Test]
    public void What_is_told_are_shares_of_probability([Values(1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 100)] int vocabulary, [Values] bool ties, [Values(0.2, 0.7, 0.95, 1)] double topP)
    {
        var random = new SeededRandom(12, FormattableString.Invariant($"test/shares/{vocabulary}/{ties}/{topP}"));
        for (int trial = 0; trial < 20; trial++)
        {
            SamplingSettings settings = s_settings with { TopP = topP, Temperature = 0.5 + random.NextDouble() };
            float[] logits = [.. Enumerable.Range(0, vocabulary).Select(_ => ties ? random.NextInt(4) / 2f : (float)(2 * random.NextNormal()))];
            double[] weights = [.. logits.Select(logit => Math.Exp(((double)logit - logits.Max()) / settings.Temperature))];
            int[] kept = Nucleus.Filter(Array.ConvertAll(logits, logit => (double)logit), settings).Ids;
            double total = weights.Sum(), whole = kept.Sum(id => weights[id]), last = kept.Min(id => weights[id]), floor = (1 - topP) * total / vocabulary;
            double largest = Enumerable.Range(0, vocabulary).Except(kept).Select(id => weights[id]).Append(floor).Max(), draw = random.NextDouble();
            DrawnToken drawn = Draw(logits, settings, draw);
            double below = kept.Where(id => id < drawn.Token).Sum(id => weights[id]) / whole, above = below + weights[drawn.Token] / whole;
            Assert.That(kept, Does.Contain(drawn.Token));
            Assert.That(draw, Is.InRange(below, above), "where the draw falls");
            Assert.That(drawn.Kept, Is.EqualTo(kept.Length));
            Assert.That(new[] { drawn.Below, drawn.Above, drawn.Dropped, drawn.Last, drawn.Order },
                Is.EqualTo(new[] { below, above, (total - whole) / total, topP < 1 ? last / total : 0, topP < 1 ? 1 - largest / last : 1 }).Within(1e-12));
        }
    }

    // so small a top-p that its tail is all there is
    [Test]
    public void Nothing_is_told_where_rounding_leaves_no_token() =>
        Assert.That(new float[][] { [1], [1, 1, 1, 1], [1, 1, 1, 1, 1, 1, 1, 1] }.Select(logits => Draw(logits, s_settings with { TopP = 1e-20 }, 0.5)), Is.All.EqualTo(default(DrawnToken)));

    [TestCase(0.0, 0), TestCase(0.249, 0), TestCase(0.251, 1), TestCase(0.5, 2), TestCase(0.99, 3)]
    public void A_draw_is_looked_up_in_the_order_of_the_ids(double uniform, int token) => Assert.That(Draw([2, 2, 2, 2], s_settings, uniform).Token, Is.EqualTo(token));

    [Test]
    public void The_largest_draw_is_the_last_token_that_is_kept()
    {
        for (int i = 1; i < 40; i++)
        {
            DrawnToken drawn = Draw([0.01f * i, 1, 0, 1, float.NegativeInfinity], s_settings with { TopP = 0.8 }, Math.BitDecrement(1.0));
            Assert.That((drawn.Token, drawn.Kept), Is.EqualTo((3, 3)));
            Assert.That(Draw([0.01f * i, 1, 0, 1, float.NegativeInfinity], s_settings, Math.BitDecrement(1.0)).Token, Is.EqualTo(3), "none that cannot be drawn");
        }
    }

    [Test]
    public void Logits_of_any_size_are_drawn_from_by_their_differences([Values(-3000, 3000)] float shift)
    {
        float[] logits = [0, 1, -1, 0.5f, -2, 0.25f, 1, 0.5f, 0];
        foreach (double draw in new[] { 0.1, 0.5, 0.9 })
            Assert.That(Draw([.. logits.Select(logit => logit + shift)], s_settings with { TopP = 0.9 }, draw), Is.EqualTo(Draw(logits, s_settings with { TopP = 0.9 }, draw)));
    }

    // where the likeliest and the second one lie among full vectors and behind them
    [Test]
    public void A_greedy_token_is_told_with_its_lead([Values(0, 3, 17, 32, 39)] int best, [Values(1, 2, 16, 31, 38)] int second)
    {
        var logits = new float[40];
        Array.Fill(logits, -3f);
        (logits[second], logits[best]) = (-1.5f, -1);
        SamplingSettings greedy = s_settings with { Temperature = 0 };
        Assert.That(Draw(logits, greedy, 0.7), Is.EqualTo(new DrawnToken(best, 0, 1, 0, 1, 1, 0.5, 1)));
        logits[second] = -1;
        Assert.That(Draw(logits, greedy, 0.7), Is.EqualTo(new DrawnToken(Math.Min(best, second), 0, 1, 0, 1, 1, 0, 1)), "of equal ones the lower id");
        Assert.That(Draw([2], greedy, 0.7).Lead, Is.EqualTo(double.PositiveInfinity));
    }

    // e^0 is 1, and ln 3 a weight of 3; at temperature 1 rounding changes ratios of weights by 4e-5, and what lies within twice that of the cut may pass it
    private static IEnumerable<TestCaseData> Opened()
    {
        float three = (float)Math.Log(3);
        float[] ties = [three, 0, 0, three, 0, 0], near = [-2e-5f, three, 0, three], far = [-1.3e-4f, -2e-5f, three, 0, 1.3e-4f, three, 5e-5f, -7e-5f];
        yield return Case("ties above it", ties, 0.75, 0.1, 0, 3 / 10.0);
        yield return Case("ties on both sides", ties, 0.75, 0.9, 5 / 8.0, 6 / 8.0);
        yield return Case("a dropped one below it", near, 0.8, 0.2, 1 / 7.0, 3 / 7.0);
        yield return Case("a dropped one and the last one kept below it", near, 0.8, 0.9, 5 / 8.0, 6 / 6.0);
        // dropped are 0, 1 and 7, of which 0 is too unlikely to come in; kept 2 to 6, of which 4 is too likely to go
        yield return Case("not those further away, below the others", far, 0.7, 0.1, 1 / 8.0, 3 / 10.0);
        yield return Case("not those further away, between the others", far, 0.7, 0.6, 6 / 9.0, 7 / 9.0);

        static TestCaseData Case(string name, float[] logits, double topP, double uniform, double below, double above) =>
            new TestCaseData(logits, topP, uniform, below, above).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Opened))]
    public void Where_the_cut_is_near_the_borders_are_told_with_all_that_could_pass_it_against_the_draw(float[] logits, double topP, double uniform, double below, double above)
    {
        (double Below, double Above)? open = Draw(logits, s_settings with { TopP = topP }, uniform).Open;
        Assert.That(open, Is.Not.Null);
        Assert.That((open!.Value.Below, open.Value.Above), Is.EqualTo((below, above)).Using<(double A, double B)>((x, y) => Math.Abs(x.A - y.A) < 2e-4 && Math.Abs(x.B - y.B) < 2e-4));
    }

    [Test]
    public void Borders_are_not_told_where_the_cut_is_far_the_token_is_at_it_or_only_what_rounding_cannot_move_is()
    {
        float three = (float)Math.Log(3);
        Assert.That(Open([three, 0, 0, three, 0, 0], 0.75, 0.4), Is.Null, "the token is one of those at the cut");
        Assert.That(Open([-7e-5f, three, 0, three], 0.8, 0.2), Is.Not.Null, "as near as two errors");
        Assert.That(Open([-9e-5f, three, 0, three], 0.8, 0.2), Is.Null, "further");
        // of 7 the 1 stays: 1e-5 more, and it would go
        Assert.That(Open([three, 0, three], 1 - (1 - 1e-5) / 7, 0.2), Is.Null, "nothing is dropped that weighs as much as the smallest part of the limit");
        // 1, 3, 3, 3: two errors are 0.8 of a weight, so that 0.8 of the limit of 2 passes for rounding
        Assert.That(Open([0, three * 1e-4f, three * 1e-4f, three * 1e-4f], 0.8, 0.5, 1e-4), Is.Null, "what is dropped is less than rounding moves");
        // 1 and eight halves: two errors are 0.6 of a weight, 0.6 of the limit of 1.55 is more than a half
        float two = (float)(Math.Log(2) * 8e-5 / 0.6);
        Assert.That(Open([two, 0, 0, 0, 0, 0, 0, 0, 0], 0.69, 0.1, 8e-5 / 0.6), Is.Null, "and where the limit is more than a token");
        Assert.That(Open([0, (float)(Math.Log(1.05) * 1e-3), three * 1e-3f, three * 1e-3f], 0.8, 0.5, 1e-3), Is.Not.Null, "what is dropped is more");

        static (double, double)? Open(float[] logits, double topP, double uniform, double temperature = 1) => Draw(logits, s_settings with { TopP = topP, Temperature = temperature }, uniform).Open;
    }

    private static DrawnToken Draw(float[] logits, SamplingSettings settings, double uniform)
    {
        using Tensor row = tensor(logits, [1, logits.Length]);
        RequireService(row);
        return NucleusOnHost.Draw(row, settings, [uniform]).Single();
    }

    /// <summary>The test is ignored where the processor has not what the host draws with.</summary>
    internal static void RequireService(Tensor row)
    {
        if (!NucleusOnHost.Serves(row, s_settings))
            Assert.Ignore("this processor has neither AVX2 nor AVX-512");
    }
}
