using Alignment.Evaluation;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Evaluation;

public class JudgeAgreementTests
{
    [Test]
    public void Judges_of_one_order_agree_wholly_whatever_their_units()
    {
        double[][] first = [[1, 5], [2, 4], [3, 3]], second = [[-10, 900], [0, 30], [0.5, 29]];
        Assert.That(JudgeAgreement.RankCorrelations(first, second), Is.EqualTo(new[] { 1.0, 1 }).Within(1e-12));
        Assert.That(JudgeAgreement.PairsAlike(first, second), Is.EqualTo(new[] { 1.0, 1 }));
        Assert.That(JudgeAgreement.RankCorrelations(first, [.. second.Select(run => run.Select(score => -score).ToArray())]), Is.EqualTo(new[] { -1.0, -1 }).Within(1e-12));
    }

    // ranks 1 2 3 4 against 2 1 4 3: rho = 1 − 6 · 4 / (4 · 15)
    [Test]
    public void A_rank_correlation_is_Spearmans() => Assert.That(JudgeAgreement.RankCorrelation([1, 2, 3, 4], [20, 10, 40, 30]), Is.EqualTo(0.6).Within(1e-12));

    // ranks 1 2.5 2.5 4 against 1 2 3 4: covariance 4.5, variances 4.5 and 5
    [Test]
    public void Equal_values_share_the_mean_of_their_ranks() =>
        Assert.That(JudgeAgreement.RankCorrelation([1, 2, 2, 3], [1, 2, 3, 4]), Is.EqualTo(4.5 / Math.Sqrt(4.5 * 5)).Within(1e-12));

    // three pairs of one prompt: one alike, one against, one a tie by the first alone
    [Test]
    public void A_tie_by_one_judge_is_half_alike_and_a_tie_by_both_is_left_out()
    {
        Assert.That(JudgeAgreement.PairsAlike([[1], [1], [2]], [[1], [3], [2]]), Is.EqualTo(new[] { (0.5 + 1 + 0) / 3 }));
        Assert.That(JudgeAgreement.PairsAlike([[1], [1], [2]], [[3], [3], [4]]), Is.EqualTo(new[] { 1.0 }));
        // one tie by one judge alone, the other two pairs alike
        Assert.That(JudgeAgreement.PairsAlike([[1], [1], [2]], [[1], [3], [4]]), Is.EqualTo(new[] { 2.5 / 3 }));
        Assert.That(JudgeAgreement.PairsAlike([[1], [3], [4]], [[1], [1], [2]]), Is.EqualTo(new[] { 2.5 / 3 }));
    }

    [Test]
    public void What_cannot_be_compared_counts_as_chance()
    {
        Assert.That(JudgeAgreement.PairsAlike([[1], [1]], [[2], [2]]), Is.EqualTo(new[] { 0.5 }));
        Assert.That(JudgeAgreement.RankCorrelations([[1], [1]], [[2], [3]]), Is.EqualTo(new[] { 0.0 }));
    }

    [Test]
    public void Pairs_of_runs_are_counted() => Assert.That(JudgeAgreement.RunPairsAlike([1, 2, 3], [5, 7, 6]), Is.EqualTo((2, 3)));
}
