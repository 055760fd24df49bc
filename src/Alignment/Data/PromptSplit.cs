using Alignment.Files;

namespace Alignment.Data;

/// <summary>Shares of the distinct prompts; the rest is for SFT and preference training.</summary>
/// <param name="Reward">For the reward model, 0 … 1.</param>
/// <param name="Test">For test prompts, 0 … 1.</param>
internal sealed record SplitShares(double Reward, double Test);

/// <summary>Pairs in three parts that share no prompt; each part is in the order of the input.</summary>
/// <param name="Training">SFT and preference pairs.</param>
/// <param name="Reward">Pairs of the reward model.</param>
/// <param name="Test">Test prompts.</param>
internal sealed record PromptSplit(IReadOnlyList<PreferencePair> Training, IReadOnlyList<PreferencePair> Reward, IReadOnlyList<PreferencePair> Test)
{
    /// <summary>Deals the distinct prompts out in a seeded order; every pair follows its prompt.</summary>
    /// <exception cref="ArgumentException">The shares are not within 0 … 1, or leave nothing for training.</exception>
    public static PromptSplit Of(IReadOnlyList<PreferencePair> pairs, SplitShares shares, ulong seed)
    {
        if (!(shares.Reward >= 0 && shares.Test >= 0 && shares.Reward + shares.Test < 1))
            throw new ArgumentException(
                FormattableString.Invariant($"shares must be ≥ 0 and add up to less than 1, were reward {shares.Reward} and test {shares.Test}"),
                nameof(shares));
        if (shares is { Reward: 0, Test: 0 })
            return new(pairs, [], []);
        UInt128[] prompts = DistinctPrompts.Sorted(pairs);
        new SeededRandom(seed, "split/prompts").Shuffle<UInt128>(prompts);
        int test = (int)Math.Round(prompts.Length * shares.Test), reward = (int)Math.Round(prompts.Length * shares.Reward);
        HashSet<UInt128> ofTest = [.. prompts[..test]], ofReward = [.. prompts[test..(test + reward)]];
        List<int> trainingRows = [], rewardRows = [], testRows = [];
        foreach ((int row, PreferencePair pair) in pairs.Index())
        {
            UInt128 prompt = TestPrompts.Hash(pair);
            (ofTest.Contains(prompt) ? testRows : ofReward.Contains(prompt) ? rewardRows : trainingRows).Add(row);
        }

        return new(new PairSelection(pairs, trainingRows), new PairSelection(pairs, rewardRows), new PairSelection(pairs, testRows));
    }
}
