using System.Text.Json;
using Alignment.Recipes;
using Alignment.Sweeps.Search;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps.Search;

/// <summary>Against a plain reference (numpy), number by number, and what the rule promises.</summary>
public class SearchRuleTests
{
    private const double Noise = 0.0025;

    private static int[] Lengths => [.. StoredGrids.Expected.GetProperty("searches").EnumerateArray().Select(search => search.GetProperty("runs").GetInt32())];

    [Test]
    public void The_start_and_what_it_leads_to_are_the_references()
    {
        JsonElement start = StoredGrids.Expected.GetProperty("start");
        int[] seen = Whole(start.GetProperty("start"));
        Assert.That(StoredGrids.Space.Start(), Is.EqualTo(seen));
        double[] scores = [.. seen.Select(point => StoredGrids.Means[point])];
        var after = Posterior.Of(StoredGrids.Space, seen, scores, Noise);
        int[] of = Whole(start.GetProperty("of"));
        Assert.That(of.Select(point => after.Mean[point]), Is.EqualTo(start.GetProperty("means").EnumerateArray().Select(mean => mean.GetDouble())).Within(1e-6));
        Assert.That(of.Select(point => after.Deviation[point]), Is.EqualTo(start.GetProperty("sds").EnumerateArray().Select(sd => sd.GetDouble())).Within(1e-6));
        (int point, double improvement, _) = SearchRule.Pick(StoredGrids.Space, seen, scores, Noise);
        Assert.That(point, Is.EqualTo(start.GetProperty("firstPick").GetInt32()));
        Assert.That(improvement, Is.EqualTo(start.GetProperty("firstExpectedImprovement").GetDouble()).Within(1e-8));
    }

    [TestCaseSource(nameof(Lengths))]
    public void A_search_without_noise_is_the_references(int runs)
    {
        JsonElement expected = StoredGrids.Expected.GetProperty("searches").EnumerateArray().Single(search => search.GetProperty("runs").GetInt32() == runs);
        var rule = new SearchRule(StoredGrids.Space, runs);
        (List<IReadOnlyList<SearchRun>> rounds, List<SearchRun> done) = Walk(rule, point => StoredGrids.Means[point.Point]);
        Assert.That(rounds.Select(round => string.Join(',', round.Select(run => run.Point))), Is.EqualTo(expected.GetProperty("rounds").EnumerateArray()
            .Select(round => string.Join(',', round.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.Number).Select(item => item.GetInt32())))));
        Assert.That(rounds.Select(round => round[0].Second), Is.EqualTo(expected.GetProperty("rounds").EnumerateArray().Select(round => round[0].ValueKind == JsonValueKind.String)));
        Assert.That(rounds.Select(round => round.Count), Is.EqualTo(rule.RoundSizes));
        int[] seen = [.. done.Select(run => run.Point)];
        double[] scores = [.. seen.Select(point => StoredGrids.Means[point])];
        int chosen = SearchRule.Leaders(StoredGrids.Space, seen, scores, Noise)[0];
        var after = Posterior.Of(StoredGrids.Space, seen, scores, Noise);
        Assert.That(chosen, Is.EqualTo(expected.GetProperty("chosen").GetInt32()));
        Assert.That(after.Mean[chosen], Is.EqualTo(expected.GetProperty("posteriorMean").GetDouble()).Within(1e-6));
        Assert.That(after.Deviation[chosen], Is.EqualTo(expected.GetProperty("posteriorSd").GetDouble()).Within(1e-6));
        Assert.That(StoredGrids.Means.Max() - StoredGrids.Means[chosen], Is.EqualTo(expected.GetProperty("regret").GetDouble()).Within(1e-6));
    }

    [Test]
    public void Of_two_budgets_the_smaller_ones_first_seeds_are_the_larger_ones_first([Values(4, 7, 11, 12, 16, 18, 23)] int runs)
    {
        double Score(SearchRun run) => StoredGrids.Means[run.Point] + 0.05 * Math.Sin(17 * run.Point);
        SearchRun[] few = [.. Walk(new(StoredGrids.Space, runs), Score).Done.Where(run => !run.Second)];
        SearchRun[] many = [.. Walk(new(StoredGrids.Space, 40), Score).Done];
        Assert.That(many.Take(few.Length), Is.EqualTo(few));
    }

    [Test]
    public void A_budget_for_every_point_twice_runs_every_point_twice()
    {
        SearchSpace small = SearchSpace.Of([.. StoredGrids.Space.Points.Where((_, index) => index % 13 == 0)]);
        List<SearchRun> done = Walk(new(small, 2 * small.Count), run => run.Point).Done;
        Assert.That(done.Where(run => !run.Second).Select(run => run.Point), Is.EquivalentTo(Enumerable.Range(0, small.Count)));
        Assert.That(done.Where(run => run.Second).Select(run => run.Point), Is.EquivalentTo(Enumerable.Range(0, small.Count)));
    }

    [Test]
    public void Where_one_method_is_far_better_it_holds_the_best_point_for_certain_and_else_nobody_does()
    {
        int[] seen = [.. Enumerable.Range(0, StoredGrids.Space.Count)];
        double Better(int point, double by) => StoredGrids.Means[point] + (StoredGrids.Space.Points[point].Method == "SimPO" ? by : 0);
        Assert.That(Posterior.Of(StoredGrids.Space, seen, [.. seen.Select(point => Better(point, 5))], Noise).ChancesOfBest(), Is.EqualTo(new[] { 0.0, 0, 1 }).Within(0.01));
        double[] few = Posterior.Of(StoredGrids.Space, [9, 29], [3, 3], Noise).ChancesOfBest();
        Assert.That(few.Sum(), Is.EqualTo(1).Within(1e-9));
        Assert.That(few, Is.All.InRange(0.1, 0.6));
    }

    [Test]
    public void Methods_with_grids_of_their_own_begin_at_the_nearest_points_they_have()
    {
        SearchSpace space = SearchSpace.Of([Point("DPO", "1e-5", "0.1"), Point("DPO", "1e-4", "0.1"), Point("IPO", "1e-4", "0.5"), Point("IPO", "1e-3", "0.5"), Point("IPO", "1e-3", "0.9")]);
        Assert.That(space.Start(), Is.EqualTo(new[] { 0, 2, 1 }), "1e-5, then 1e-4; IPO's nearest to both is 1e-4");
        Assert.That(space.Covariances(0)[2], Is.LessThan(space.Covariances(1)[2]), "a nearer learning rate says more, of another method, too");
        Assert.That(space.Covariances(3)[3], Is.EqualTo(SearchSpace.Variance).Within(1e-12));

        static GridPoint Point(string method, string rate, string beta) => new(method, method + rate + beta, [new("Beta", beta), new("LearningRate", rate), new("Epochs", "1")]);
    }

    [Test]
    public void Of_points_that_are_expected_alike_the_first_leads()
    {
        SearchSpace two = SearchSpace.Of([.. StoredGrids.Space.Points.Where((_, index) => index is 9 or 29)]);
        Assert.That(SearchRule.Leaders(two, [1, 0, 1], [0, 0, 0], Noise), Is.EqualTo(new[] { 0, 1 }));
    }

    private static (List<IReadOnlyList<SearchRun>> Rounds, List<SearchRun> Done) Walk(SearchRule rule, Func<SearchRun, double> score)
    {
        List<IReadOnlyList<SearchRun>> rounds = [];
        List<SearchRun> done = [];
        while (rule.Next(done, [.. done.Select(score)], Noise) is { Count: > 0 } next)
        {
            rounds.Add(next);
            done.AddRange(next);
        }

        return (rounds, done);
    }

    private static int[] Whole(JsonElement list) => [.. list.EnumerateArray().Select(item => item.GetInt32())];
}
