using Alignment.Generation;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Generation;

[NonParallelizable]
public class DrawnTokenTests
{
    private static readonly SamplingSettings s_settings = new() { MaxNewTokens = 1 };

    // probabilities 0.1, 0.4, 0.2, 0.3, of which the three likeliest are looked at
    private static IEnumerable<TestCaseData> Drawn()
    {
        double lead = Math.Log(4 / 3.0);
        yield return Case("top-p, the first", s_settings with { TopP = 0.6 }, 0.5, new(1, 0, 4 / 7.0, 0.3, 0.3, 1 / 3.0, lead, 2));
        yield return Case("top-p, the last", s_settings with { TopP = 0.6 }, 0.9, new(3, 4 / 7.0, 1, 0.3, 0.3, 1 / 3.0, lead, 2));
        yield return Case("top-k", s_settings with { TopK = 2 }, 0.9, new(3, 4 / 7.0, 1, 0, 3 / 7.0, 1 / 3.0, lead, 2));
        yield return Case("top-p of what top-k leaves", s_settings with { TopK = 2, TopP = 0.5 }, 0.9, new(1, 0, 1, 3 / 7.0, 4 / 7.0, 0.25, lead, 1));
        yield return Case("so many as must stay, under top-k", s_settings with { TopK = 1, TopP = 0.1, MinTokensToKeep = 2 }, 0.5, new(1, 0, 4 / 7.0, 0, 3 / 7.0, 1 / 3.0, lead, 2));
        yield return Case("so many as must stay, under top-p", s_settings with { TopP = 0.1, MinTokensToKeep = 2 }, 0.5, new(1, 0, 4 / 7.0, 0.3, 0.3, 1 / 3.0, lead, 2));
        yield return Case("temperature", s_settings with { Temperature = 0.5, TopP = 0.6 }, 0.5, new(1, 0, 16 / 25.0, 1 / 6.0, 0.3, 5 / 9.0, lead, 2));
        yield return Case("greedy", s_settings with { Temperature = 0 }, 0.9, new(1, 0, 1, 0.6, 0.4, 0.25, lead, 1));
        yield return Case("as many as are looked at", s_settings with { TopP = 0.8 }, 0.5, new(2, 4 / 9.0, 6 / 9.0, 0.1, 0.2, 1, lead, 0));

        static TestCaseData Case(string name, SamplingSettings settings, double uniform, DrawnToken wanted) => new TestCaseData(settings, uniform, wanted).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Drawn))]
    public void What_comes_from_the_device_are_shares_of_probability(object settings, double uniform, object wanted)
    {
        using var scope = NewDisposeScope();
        Tensor logits = tensor(new[] { 0.1f, 0.4f, 0.2f, 0.3f, 0.4f, 0.1f, 0.3f, 0.2f }, [2, 4]).log() + tensor(new[] { 5f, -5f }, [2, 1]);
        Tensor drawn = NucleusOnDevice.Draw(logits, 3, (SamplingSettings)settings, full(2, 1, uniform, ScalarType.Float64));
        var (token, below, above, dropped, last, order, lead, kept) = DrawnToken.Of(drawn[0].data<double>().ToArray());
        var (wantedToken, wantedBelow, wantedAbove, wantedDropped, wantedLast, wantedOrder, wantedLead, wantedKept) = (DrawnToken)wanted;
        Assert.That((token, kept), Is.EqualTo((wantedToken, wantedKept)));
        Assert.That(new[] { below, above, dropped, last, order, lead },
            Is.EqualTo(new[] { wantedBelow, wantedAbove, wantedDropped, wantedLast, wantedOrder, wantedLead }).Within(2e-6));
        Assert.That(DrawnToken.Of(drawn[1].data<double>().ToArray()).Kept, Is.EqualTo(wantedKept), "of the other row as many");
    }

    // the second and the third of 0, -50, -60, … are lost in the sum of all
    [Test]
    public void Without_top_p_tokens_stay_by_their_rank_however_unlikely_they_are()
    {
        using var scope = NewDisposeScope();
        Tensor drawn = NucleusOnDevice.Draw(tensor(new[] { 0f, -50f, -60f, -70f, -80f }, [1, 5]), 4, s_settings with { TopK = 3 }, zeros(1, 1, ScalarType.Float64));
        Assert.That(DrawnToken.Of(drawn.data<double>().ToArray()).Kept, Is.EqualTo(3));
    }

    [Test]
    public void Rows_whose_normaliser_is_summed_part_by_part_have_each_their_own()
    {
        const int Vocabulary = 3_000_000;
        using var scope = NewDisposeScope();
        Tensor logits = zeros(3, Vocabulary);
        for (int row = 0; row < 3; row++)
            logits[row, row] = 12 + row;
        double[] numbers = NucleusOnDevice.Draw(logits, 2, s_settings with { Temperature = 0 }, zeros(3, 1, ScalarType.Float64)).data<double>().ToArray();
        for (int row = 0; row < 3; row++)
        {
            DrawnToken drawn = DrawnToken.Of(numbers.AsSpan(row * DrawnToken.Numbers, DrawnToken.Numbers));
            Assert.That((drawn.Token, drawn.Lead, drawn.Kept), Is.EqualTo((row, 12.0 + row, 1)));
            Assert.That(drawn.Dropped, Is.EqualTo((Vocabulary - 1) / (Math.Exp(12 + row) + Vocabulary - 1)).Within(1e-12));
        }
    }

    // a share s moves by c s (1 - s) with a change c of its odds
    [TestCase(0.2, 0.7, 0.3, 0.1 / 0.16), TestCase(0.2, 0.7, 0.65, 0.05 / 0.21), TestCase(0, 0.7, 0.01, 0.69 / 0.21), TestCase(0.2, 1, 0.9, 0.7 / 0.16)]
    public void A_draw_is_as_safe_as_the_nearer_boundary_of_its_token(double below, double above, double uniform, double slack) =>
        Assert.That(new DrawnToken(1, below, above, 0, 0, 1, 1, 2).DrawSlack(uniform), Is.EqualTo(slack).Within(1e-12));

    [TestCase(0.3, 0.1 / 0.16), TestCase(0.65, 0.05 / 0.21)]
    public void Open_borders_tell_how_safe_a_draw_is_whatever_is_kept(double uniform, double slack)
    {
        DrawnToken drawn = new(1, 0, 1, 0, 0, 1, 1, 2);
        Assert.That((drawn with { Open = (0.2, 0.7) }).OpenSlack(uniform), Is.EqualTo(slack).Within(1e-12));
        Assert.That(drawn.OpenSlack(uniform), Is.Zero, "not known");
    }

    // a logit's error of 2e-5 changes odds by 4e-5; the token's own borders are 0 and 0.5
    [TestCase(0.4, 0.0, 0.45, true), TestCase(0.4, 0.0, 0.4 + 0.9e-5, false), TestCase(0.4, 0.0, 0.4 + 1.1e-5, true), TestCase(0.4, 0.4 - 0.9e-5, 0.5, false), TestCase(0.4, 0.4 - 1.1e-5, 0.5, true)]
    [TestCase(0.4, 0.0, 0.39, false), TestCase(0.5 - 0.9e-5, 0.0, 0.9, false)]
    public void A_draw_far_from_its_open_borders_is_sure_though_the_cut_is_not(double uniform, double below, double above, bool sure)
    {
        SamplingSettings settings = s_settings with { TopP = 0.9 };
        foreach (DrawnToken drawn in new DrawnToken[] { new(7, 0, 0.5, 0.02, 0.2, 0, 1, 2), new(7, 0, 0.5, 0.1 - 1e-6, 0.2, 1, 1, 2) })
        {
            Assert.That(TokenChoice.Of(drawn with { Open = (below, above) }, settings, uniform), Is.EqualTo(new TokenChoice(7, sure)));
            Assert.That(TokenChoice.Of(drawn, settings, uniform), Is.EqualTo(new TokenChoice(7, false)));
        }
    }

    // probabilities 0.1, 0.4, 0.2, 0.3
    [TestCase(9, 1, 0.9, 3, 0.7, 1, 4), TestCase(4, 1, 0.05, 0, 0, 0.1, 4), TestCase(0, 1, 0.3, 1, 0.1, 0.5, 4), TestCase(0, 0.95, 0.6, 2, 0.5, 0.7, 4), TestCase(9, 0.95, 0.6, 2, 0.5, 0.7, 4)]
    public void Where_all_tokens_are_looked_at_none_need_be_left_out(int topK, double topP, double uniform, int token, double below, double above, int kept)
    {
        using var scope = NewDisposeScope();
        Tensor drawn = NucleusOnDevice.Draw(tensor(new[] { 0.1f, 0.4f, 0.2f, 0.3f }, [1, 4]).log(), 4, s_settings with { TopK = topK, TopP = topP }, full(1, 1, uniform, ScalarType.Float64));
        DrawnToken told = DrawnToken.Of(drawn.data<double>().ToArray());
        Assert.That((told.Token, told.Kept), Is.EqualTo((token, kept)));
        Assert.That(new[] { told.Below, told.Above, told.Dropped, told.Last, told.Order }, Is.EqualTo(new[] { below, above, 0, 0.1, 1 }).Within(2e-6));
    }

    // e^0 thrice, e^1, e^2 twice: of the former the one of the lowest id stays
    [Test]
    public void Of_tokens_that_tie_at_the_cut_the_lower_ids_stay()
    {
        using var scope = NewDisposeScope();
        Tensor drawn = NucleusOnDevice.Draw(tensor(new[] { 0f, 2f, 0f, 1f, 0f, 2f }, [1, 6]), 6, s_settings with { TopK = 4 }, full(1, 1, 0.9, ScalarType.Float64));
        double whole = 1 + Math.E + 2 * Math.E * Math.E;
        DrawnToken told = DrawnToken.Of(drawn.data<double>().ToArray());
        Assert.That((told.Token, told.Kept, told.Order), Is.EqualTo((5, 4, 0.0)));
        Assert.That(new[] { told.Below, told.Above, told.Last }, Is.EqualTo(new[] { 1 - Math.E * Math.E / whole, 1, 1 / whole }).Within(1e-12));
    }

    // 0.5, 0.2, 0.16 and 0.14: top-k's cut is the nearer one, where tokens are drawn by it
    [TestCase(1, 1 - 0.14 / 0.16), TestCase(0, 1 - 0.2 / 0.5)]
    public void The_nearer_of_two_cuts_counts(double temperature, double order)
    {
        using var scope = NewDisposeScope();
        SamplingSettings settings = s_settings with { Temperature = temperature, TopK = 3, TopP = 0.5 };
        Tensor drawn = NucleusOnDevice.Draw(tensor(new[] { 0.5f, 0.2f, 0.16f, 0.14f }, [1, 4]).log(), 4, settings, full(1, 1, 0.3, ScalarType.Float64));
        Assert.That(DrawnToken.Of(drawn.data<double>().ToArray()).Order, Is.EqualTo(order).Within(2e-6));
    }

    [TestCase(0, 1.0), TestCase(2, 1.0), TestCase(3, 1.0), TestCase(9, 1.0), TestCase(0, 0.9), TestCase(2, 0.9)]
    public void Tokens_that_underflow_are_not_kept_and_no_cut_among_them_is_near(int topK, double topP)
    {
        using var scope = NewDisposeScope();
        foreach (int looked in new[] { 4, 5 })
        {
            Tensor drawn = NucleusOnDevice.Draw(tensor(new[] { -800f, 0f, -900f, -1000f, -1100f }, [1, 5]), looked, s_settings with { TopK = topK, TopP = topP }, full(1, 1, 0.9, ScalarType.Float64));
            Assert.That(DrawnToken.Of(drawn.data<double>().ToArray()), Is.EqualTo(new DrawnToken(1, 0, 1, 0, 1, 1, 800, 1)));
        }
    }

    [TestCase(0.9, 3, 0.04, 0.1, 0.04 / 0.1204, TestName = "The last one kept would go first")]
    [TestCase(0.9, 3, 0.04, 0.5, 0.06 / 0.0384, TestName = "Another one would come first")]
    [TestCase(0.9, 1, 0.04, 0.1, 0.06 / 0.0384, TestName = "What must stay cannot go")]
    [TestCase(1, 3, 0.04, 0.1, double.PositiveInfinity, TestName = "Without top-p there is no cut")]
    [TestCase(0.9, 1, 0, 1, double.PositiveInfinity, TestName = "Where nothing is dropped and one must stay nothing changes")]
    public void A_cut_of_top_p_is_as_safe_as_what_would_change_first(double topP, int kept, double dropped, double last, double slack) =>
        Assert.That(new DrawnToken(1, 0, 1, dropped, last, 1, 1, kept).MassSlack(s_settings with { TopP = topP }), Is.EqualTo(slack).Within(1e-12));

    // a logit's error of 2e-5 changes odds by 4e-5 at temperature 1; sums in another order by 1e-10
    [TestCase(1, 1.0, 4.1e-5, 1, true, true), TestCase(1, 1.0, 3.9e-5, 1, true, false), TestCase(1, 1.0, 2e-10, 1, true, false), TestCase(1, 1.0, 0.5e-10, 1, false, false)]
    [TestCase(1, 1.0, 1, 3.9e-5, true, false), TestCase(1, 1.0, 1, 4.1e-5, true, true), TestCase(1, 1.0, 1, 0, true, false)]
    [TestCase(0.5, 1.0, 7.9e-5, 1, true, false), TestCase(0.5, 1.0, 8.1e-5, 1, true, true), TestCase(2, 1.0, 2.1e-5, 1, true, true)]
    [TestCase(1, 0.999, 0.9e-7, 1, false, false), TestCase(1, 0.999, 1.1e-7, 1, true, false)]
    public void A_draw_on_the_device_counts_where_the_whole_row_cannot_give_another(double temperature, double topP, double slack, double order, bool told, bool sure)
    {
        SamplingSettings settings = s_settings with { Temperature = temperature, TopP = topP };
        DrawnToken drawn = new(7, 0, 0.5, topP < 1 ? 1e-4 : 0, 0.2, order, 1, 2);
        Assert.That(TokenChoice.Of(drawn, settings, 0.5 - slack / 4), Is.EqualTo(told ? new TokenChoice(7, sure) : (TokenChoice?)null));
        Assert.That(TokenChoice.Of(drawn with { Kept = 0 }, settings, 0.5 - slack / 4), Is.Null);
    }

    [Test]
    public void A_cut_near_top_p_on_the_device_is_not_sure()
    {
        DrawnToken drawn = new(7, 0, 0.9, 0.1 - 1e-6, 0.2, 1, 1, 2);
        Assert.That(TokenChoice.Of(drawn, s_settings with { TopP = 0.9 }, 0.5), Is.EqualTo(new TokenChoice(7, false)));
    }

    [TestCase(5e-5, true), TestCase(3e-5, false), TestCase(4e-5, false)]
    public void A_greedy_choice_on_the_device_is_sure_where_its_lead_is_larger_than_both_errors(double lead, bool sure)
    {
        SamplingSettings greedy = s_settings with { Temperature = 0 };
        DrawnToken drawn = new(7, 0, 1, 0.6, 0.4, 0.25, lead, 1);
        Assert.That(TokenChoice.Of(drawn, greedy, 0), Is.EqualTo(new TokenChoice(7, sure)));
    }

    [TestCase(0.1, 4, 0.1 / 0.16), TestCase(0.2, 7, 0), TestCase(0.3, 7, 0.1 / 0.16), TestCase(0.65, 7, 0.05 / 0.21), TestCase(0.25, 7, 0.05 / 0.16), TestCase(0.7, 9, 0), TestCase(0.9, 9, 0.2 / 0.21)]
    public void A_draw_of_the_kept_tokens_is_as_safe_as_the_nearer_boundary(double uniform, int token, double slack)
    {
        (int drawn, double distance) = new KeptTokens([4, 7, 9], [0.2, 0.5, 0.3], 1).At(uniform);
        Assert.That(drawn, Is.EqualTo(token));
        Assert.That(distance, Is.EqualTo(slack).Within(1e-12));
        Assert.That(new KeptTokens([4], [1], 1).At(uniform), Is.EqualTo((4, double.PositiveInfinity)));
    }

    [Test]
    public void A_draw_beyond_the_rounded_sum_of_all_is_the_last_token() =>
        Assert.That(new KeptTokens([4, 7], [0.5, 0.5 - 1e-12], 1).At(1 - 1e-13), Is.EqualTo((7, 2.0)).Within(1e-9));

    [TestCase(0.1, 0.5, 0.4), TestCase(0, 0.5, 0), TestCase(0.1, 0, double.PositiveInfinity), TestCase(0.1, 1, double.PositiveInfinity), TestCase(0, 0, double.PositiveInfinity), TestCase(0, 1, double.PositiveInfinity)]
    [TestCase(0.1, 1 + 1e-12, double.PositiveInfinity)]
    public void A_share_of_nothing_or_of_all_is_not_moved(double distance, double share, double change) =>
        Assert.That(KeptTokens.Relative(distance, share), Is.EqualTo(change).Within(1e-12));
}
