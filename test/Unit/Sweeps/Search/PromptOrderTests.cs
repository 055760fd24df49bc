using Alignment.Files;
using Alignment.Sweeps.Search;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps.Search;

public class PromptOrderTests
{
    private static readonly string[] s_prompts = ["one", "two", "three", "two", "four"];

    private static PromptOrder Of(params string[] prompts) => new(prompts.Index().ToDictionary(prompt => prompt.Index, prompt => prompt.Item));

    [Test]
    public void Prompts_are_asked_in_an_order_of_their_own_and_all_places_of_one_together()
    {
        PromptOrder order = Of(s_prompts), other = Of([.. s_prompts.Reverse()]);
        Assert.That((order.Count, other.Count), Is.EqualTo((4, 4)));
        string[][] asked = [.. Enumerable.Range(0, 4).Select(prompt => order.Places(prompt..(prompt + 1)).Select(place => s_prompts[place]).ToArray())];
        Assert.That(asked.Select(prompt => prompt.Distinct().Single()), Is.EquivalentTo(s_prompts.Distinct()));
        Assert.That(asked.Select(prompt => prompt.Length), Is.EquivalentTo(new[] { 1, 1, 1, 2 }));
        Assert.That(Enumerable.Range(0, 4).Select(prompt => s_prompts.Reverse().ElementAt(other.Places(prompt..(prompt + 1))[0])), Is.EqualTo(asked.Select(prompt => prompt[0])), "whatever the order of the file");
        Assert.That(asked.Select(prompt => prompt[0]), Is.EqualTo(s_prompts.Distinct().OrderBy(prompt => Fingerprint.Of(prompt, 16), StringComparer.Ordinal)), "as stores of before have it");
        Assert.That(order.Places(..4), Is.EqualTo(new[] { 0, 1, 2, 3, 4 }), "ascending");
        Assert.That(order.Places(..2).Concat(order.Places(2..4)), Is.EquivalentTo(order.Places(..4)));
    }

    [Test]
    public void Differences_are_means_over_the_places_of_a_prompt_as_far_as_both_runs_have_come()
    {
        PromptOrder order = Of(s_prompts);
        var leader = Enumerable.Range(0, 5).ToDictionary(place => place, place => 10.0 * place);
        for (int prompts = 0; prompts <= 4; prompts++)
        {
            var run = order.Places(..prompts).ToDictionary(place => place, place => 10.0 * place + (place == 3 ? 4 : 1));
            Assert.That(order.Differences(run, leader), Has.Length.EqualTo(prompts).And.All.AnyOf(1.0, 2.5));
            Assert.That(order.Differences(run, leader).Count(difference => difference == 2.5), Is.EqualTo(run.ContainsKey(3) ? 1 : 0));
            Assert.That(order.Differences(leader, run), Is.EqualTo(order.Differences(run, leader).Select(difference => -difference)));
        }

        var half = order.Places(..4).Where(place => place != 3).ToDictionary(place => place, place => 0.0);
        int twice = Enumerable.Range(0, 4).Single(prompt => order.Places(prompt..(prompt + 1)).Length == 2);
        Assert.That(order.Differences(half, leader), Has.Length.EqualTo(twice), "a prompt counts when all of its responses are there");
    }

    // skewed, heavy in the tail, and several responses to a prompt, which share what makes it easy
    [TestCase(1), TestCase(4)]
    public void Runs_as_good_as_the_leader_are_stopped_no_more_often_than_stated_whatever_scores_look_like(int responses)
    {
        const int Searches = 1500, Prompts = 300;
        PromptOrder order = Of([.. Enumerable.Range(0, responses * Prompts).Select(place => $"{place % Prompts}")]);
        int stopped = 0;
        for (int search = 0; search < Searches; search++)
        {
            var random = new SeededRandom((ulong)search, "as good");
            double[] easy = [.. Enumerable.Range(0, Prompts).Select(_ => random.NextNormal())], leaderEasy = [.. Enumerable.Range(0, Prompts).Select(_ => random.NextNormal())];
            Dictionary<int, double> Scores(double[] of) => Enumerable.Range(0, responses * Prompts).ToDictionary(place => place, place => Math.Exp(0.8 * of[place % Prompts]) + 0.5 * random.NextNormal());
            double[] differences = order.Differences(Scores(easy), Scores(leaderEasy));
            stopped += EarlyStopping.StoppedAfter(differences) == null ? 0 : 1;
        }

        Assert.That(stopped / (double)Searches, Is.LessThan(EarlyStopping.Error));
    }

    [Test]
    public void A_run_that_has_not_answered_all_is_looked_at_as_one_that_has_and_its_bound_is_below_zero()
    {
        var random = new SeededRandom(3, "slices");
        double[] all = [.. Enumerable.Range(0, 400).Select(_ => random.NextNormal() - 0.25)];
        int stopped = EarlyStopping.StoppedAfter(all)!.Value;
        for (int asked = EarlyStopping.Slice; asked <= 400; asked += EarlyStopping.Slice)
            Assert.That(EarlyStopping.StoppedAfter(all.AsSpan(0, asked), 400), Is.EqualTo(asked < stopped ? null : (int?)stopped));
        Assert.That(EarlyStopping.Bound(all.AsSpan(0, stopped)), Is.LessThan(0));
        Assert.That(EarlyStopping.Bound(all.AsSpan(0, stopped - EarlyStopping.Slice)), Is.GreaterThanOrEqualTo(0));
        Assert.That(EarlyStopping.StoppedAfter([.. Enumerable.Repeat(-1.0, 49)], 400), Is.Null, "before the first look");
        Assert.That(EarlyStopping.StoppedAfter([.. Enumerable.Repeat(-1.0, 50)], 50), Is.Null, "there is nothing left to save");
        Assert.That(EarlyStopping.StoppedAfter([.. Enumerable.Repeat(-1.0, 50)], 51), Is.EqualTo(50));
    }
}
