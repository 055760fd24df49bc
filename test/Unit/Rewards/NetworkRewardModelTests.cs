using Alignment.Files;
using Alignment.Models.NeoX;
using Alignment.Rewards;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Rewards;

public class NetworkRewardModelTests
{
    [TestCase(1)]
    [TestCase(40)]
    [TestCase(8192)]
    public void A_score_does_not_depend_on_the_other_requests(int batchTokens)
    {
        var random = new SeededRandom(5, "requests");
        int[][] rows = [.. Enumerable.Range(0, 30).Select(_ => ToyPairs.Row(random))];
        using NeoXReward network = NeoXReward.Create(ToyPairs.Config, 1);
        double[] alone = [.. rows.Select(row => RewardScorer.Score(network, [row], new())[0])];
        Assert.That(RewardScorer.Score(network, rows, new() { BatchTokens = batchTokens }), Is.EqualTo(alone).Within(1e-5));
        Assert.That(alone.Distinct().Count(), Is.GreaterThan(20));
    }

    [Test]
    public void Requests_are_tokenized_scored_and_answered_in_order()
    {
        using var model = new NetworkRewardModel(NeoXReward.Create(ToyPairs.Config, 1), Digits, new());
        IReadOnlyList<RewardScore> both = model.Score([new("12", "345"), new("9", "8")]);
        Assert.That(both[0].Value, Is.EqualTo(model.Score([new("1", "2345")])[0].Value).Within(1e-6));
        Assert.That(both[1].Value, Is.EqualTo(model.Score([new("", "98")])[0].Value).Within(1e-6));
    }

    [Test]
    public void A_long_prompt_is_cut_on_its_left_so_that_the_response_stays()
    {
        using var model = new NetworkRewardModel(NeoXReward.Create(ToyPairs.Config, 1), Digits, new() { MaxLength = 4 });
        IReadOnlyList<RewardScore> scores = model.Score([new("111112", "345"), new("2", "345")]);
        Assert.That(scores[0].Value, Is.EqualTo(scores[1].Value).Within(1e-6));
        Assert.That(scores.Select(score => score.InputCut), Is.EqualTo(new[] { true, false }));
    }

    [Test]
    public void No_requests_give_no_scores()
    {
        using var model = new NetworkRewardModel(NeoXReward.Create(ToyPairs.Config, 1), Digits, new());
        Assert.That(model.Score([]), Is.Empty);
    }

    [Test]
    public void A_request_without_tokens_or_with_an_unknown_one_is_refused()
    {
        using var model = new NetworkRewardModel(NeoXReward.Create(ToyPairs.Config, 1), Digits, new());
        Assert.That(() => model.Score([new("1", "2"), new("", "")]),
            Throws.ArgumentException.With.Message.EqualTo("request 1 cannot be scored: has no tokens"));
        Assert.That(() => model.Score([new("1", ":")]), Throws.ArgumentException.With.Message.EqualTo(
            "request 0 cannot be scored: token 1 is 10, and the vocabulary has 10"));
    }

    private static int[] Digits(ScoringRequest request) => [.. (request.Prompt + request.Response).Select(digit => digit - '0')];
}
