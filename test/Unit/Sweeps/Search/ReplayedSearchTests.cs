using Alignment.Files;
using Alignment.Recipes;
using Alignment.Sweeps.Search;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps.Search;

/// <summary>A replay of a table of twelve settings against the same searches made one by one.</summary>
public class ReplayedSearchTests
{
    private const int Prompts = 120;
    private const double Spread = 0.15;

    private static readonly string[] s_methods = ["DPO", "IPO", "AOT"], s_rates = ["1e-5", "1e-4", "1e-3", "1e-2"];

    // settings that are far from each other, and such that a run's noise may be taken for a difference
    [TestCase(0, false), TestCase(1, false), TestCase(3, false), TestCase(0, true), TestCase(8, true), TestCase(8, false, 0.45)]
    public void Every_way_comes_to_what_it_comes_to_alone(int repeated, bool isClose, double spread = Spread)
    {
        ScoreTable table = Table(repeated, isClose, spread);
        int times = repeated == 8 ? spread > Spread ? 200 : 60 : 20;
        (GridPoint Setting, ScoredRun[] Runs)[] settings = [.. table.Runs.GroupBy(run => (run.Point.Method, run.Point.Spelling("LearningRate"))).Select(same => (same.First().Point.WithoutSeed(), same.ToArray()))];
        double[] truth = [.. settings.Select(setting => setting.Runs.Average(run => run.Scores.Average()))];
        SearchSpace space = SearchSpace.Of([.. settings.Select(setting => setting.Setting)]);
        int best = Array.IndexOf(truth, truth.Max());
        double noise = PromptNoise.Of([.. space.Start().Select(point => settings[point].Runs[0].Scores)]);

        // of its own seeds, else of the nearest setting that has some, of its method where one has; without any, normal as large as that of other prompts
        double[] Deviations(int point) => [.. settings[point].Runs.Select(run => (run.Scores.Average() - truth[point]) * Math.Sqrt(settings[point].Runs.Length / (settings[point].Runs.Length - 1.0)))];
        int[] known = [.. Enumerable.Range(0, 12).Where(point => settings[point].Runs.Length > 1)];
        double[][] deviations = [.. Enumerable.Range(0, 12).Select(point => known.Length == 0 ? [] : known.Contains(point) ? Deviations(point)
            : Deviations(known.OrderBy(other => settings[other].Setting.Method == settings[point].Setting.Method ? 0 : 1).ThenByDescending(other => space.Covariances(point)[other]).First()))];
        double Noise(SeededRandom draws, int point) => deviations[point].Length > 0 ? deviations[point][draws.NextInt(deviations[point].Length)] : Math.Sqrt(noise) * draws.NextNormal();

        foreach (int runs in new[] { 4, 12 })
        {
            List<int> search = [], random = [], grid = [];
            List<bool> named = [];
            bool[] matters = new bool[2];
            var stops = new StopTally();
            for (int time = 0; time < times; time++)
            {
                var draws = new SeededRandom((ulong)time, "replay");
                double[][] scores = [.. truth.Select((at, point) => new[] { at + Noise(draws, point), at + Noise(draws, point) })];
                int[] order = [.. Enumerable.Range(0, 12)];
                draws.Shuffle(order.AsSpan());
                (List<int> seen, List<double> results, double[] repeats) = Walk(new(space, runs), scores, draws, stops);
                search.Add(SearchRule.Leaders(space, seen, results, noise)[0]);
                random.Add(order[..runs].MaxBy(point => scores[point][0]));
                grid.Add(Enumerable.Range(0, runs).MaxBy(point => scores[point][0]));
                if (time % 5 != 0)
                    continue;
                double[] Chances(double variance) => Posterior.Of(space, seen, results, Math.Max(noise, variance)).ChancesOfBest();
                double[] chances = Chances(repeats.DefaultIfEmpty(0).Average());
                bool isSure = chances.Max() >= SearchRule.SureEnough;
                if (isSure)
                    named.Add(space.Methods[Array.IndexOf(chances, chances.Max())] == space.Points[best].Method);
                foreach ((int index, double other) in new[] { 0, repeats.DefaultIfEmpty(0).Min() }.Index())
                    matters[index] |= isSure != Chances(other).Max() >= SearchRule.SureEnough;
            }

            if (spread > Spread && runs == 12)
                Assert.That(matters, Is.All.True, "how much two seeds of a setting differ, on average");

            var replay = new Replay(table);
            ReplayOutcome at = replay.At(runs, times);
            Assert.That(replay.Truth, Is.EqualTo(truth).Within(1e-12));
            Assert.That((at.Runs, replay.Best), Is.EqualTo((runs, best)));
            foreach ((PolicyOutcome outcome, List<int> chosen) in new[] { (at.Search, search), (at.Random, random), (at.Grid, grid) })
            {
                Assert.That(outcome.Regrets, Is.EqualTo(chosen.Select(point => truth[best] - truth[point])).Within(1e-12));
                Assert.That(outcome.RightMethod, Is.EqualTo(chosen.Count(point => space.Points[point].Method == space.Points[best].Method) / (double)times));
            }

            Assert.That((at.NamedRight, at.NamedWrong), Is.EqualTo((named.Count(right => right) * 5.0 / times, named.Count(right => !right) * 5.0 / times)));
            Assert.That((at.Stops.Runs, at.Stops.Stopped, at.Stops.Wrongly, at.Stops.PromptShare), Is.EqualTo((stops.Runs, stops.Stopped, stops.Wrongly, stops.PromptShare)));
        }

        (List<int>, List<double>, double[]) Walk(SearchRule rule, double[][] scores, SeededRandom draws, StopTally stops)
        {
            List<SearchRun> done = [];
            List<double> results = [];
            HashSet<int> stopped = [];
            for (int leader = -1; rule.Next(done, results, noise) is { Count: > 0 } round;
                leader = SearchRule.Leaders(space, [.. done.Select(run => run.Point)], results, noise).First(point => !stopped.Contains(point)))
            {
                foreach (SearchRun run in round)
                {
                    double result = scores[run.Point][run.Second ? 1 : 0];
                    if (leader >= 0 && !run.Second)
                    {
                        // each run's stored scores, moved to what this replay drew for it
                        double[] differences = [.. Moved(run.Point).Zip(Moved(leader), (a, b) => a - b)];
                        draws.Shuffle(differences.AsSpan());
                        if (stops.Add(differences) is { } lost)
                        {
                            stopped.Add(run.Point);
                            result = scores[leader][0] + lost;
                        }
                    }

                    results.Add(result);
                }

                done.AddRange(round);
            }

            // a run's variance, of the points with two
            double[] halves = [.. done.Index().Where(run => run.Item.Second).Select(run => Math.Pow(results[run.Index] - results[done.FindIndex(first => first.Point == run.Item.Point)], 2) / 2)];
            return ([.. done.Select(run => run.Point)], results, halves);

            IEnumerable<double> Moved(int point) => settings[point].Runs[0].Scores.Select(score => score + scores[point][0] - settings[point].Runs[0].Mean);
        }
    }

    [Test]
    public void The_noise_at_the_best_setting_is_that_of_its_seeds_or_of_prompts()
    {
        ScoreTable once = Table(0), thrice = Table(3);
        Assert.That(new Replay(once).NoiseAtBest, Is.EqualTo(Math.Sqrt(PromptNoise.Of([.. SearchSpace.Of([.. once.Runs.Select(run => run.Point.WithoutSeed())]).Start().Select(point => once.Runs[point].Scores)]))).Within(1e-12));
        double[] seeds = [.. thrice.Runs.Where(run => run.Point.Slug.StartsWith("DPO-lr1e-3", StringComparison.Ordinal)).Select(run => run.Mean)];
        Assert.That(seeds, Has.Length.EqualTo(2));
        Assert.That(new Replay(thrice).NoiseAtBest, Is.EqualTo(Math.Abs(seeds[0] - seeds[1]) / Math.Sqrt(2)).Within(1e-12));
    }

    // a score is then a setting's mean, and a search of two runs begins with both methods' lower learning rates
    [Test]
    public void Without_noise_each_way_recommends_the_best_of_what_it_has_tried()
    {
        static ScoredRun Run(string method, string rate, double score) => new(new(method, $"{method}-lr{rate}", [new("LearningRate", rate), new("Epochs", "1")]), [score, score]);
        double[] truth = [1, 3, 2, 7];
        var replay = new Replay(new("four", [Run("IPO", "1e-4", truth[0]), Run("IPO", "1e-3", truth[1]), Run("DPO", "1e-4", truth[2]), Run("DPO", "1e-3", truth[3])]));
        Assert.That((replay.Truth, replay.Best, replay.NoiseAtBest), Is.EqualTo((truth, 3, 0.0)));
        ReplayOutcome all = replay.At(4, 6), two = replay.At(2, 6);
        Assert.That(new[] { all.Search, all.Random, all.Grid }.SelectMany(way => way.Regrets.Append(1 - way.RightMethod)), Is.All.Zero);
        Assert.That((all.NamedRight, all.NamedWrong), Is.EqualTo((1.0, 0.0)), "twice in six times");
        Assert.That((two.Search.Mean, two.Search.RightMethod, two.Grid.Mean, two.Grid.RightMethod), Is.EqualTo((5.0, 1.0, 4.0, 0.0)));
        int[] drawn = [.. Enumerable.Range(0, 6).Select(time =>
        {
            var draws = new SeededRandom((ulong)time, "replay");
            foreach (double _ in truth.Concat(truth)) // of each setting's two seeds
                draws.NextNormal();
            int[] order = [0, 1, 2, 3];
            draws.Shuffle(order.AsSpan());
            return order[..2].MaxBy(point => truth[point]);
        })];
        Assert.That(two.Random.Regrets, Is.EqualTo(drawn.Select(point => 7 - truth[point])));
        Assert.That(two.Random.RightMethod, Is.EqualTo(drawn.Count(point => point >= 2) / 6.0));
    }

    // around their mean of 3: 4 + 1 + 9, over 2
    [Test]
    public void The_noise_of_three_seeds_is_their_deviation()
    {
        static ScoredRun Run(string rate, double score, string? seed = null)
        {
            KeyValuePair<string, string>[] parameters = [new("LearningRate", rate), new("Epochs", "1"), .. seed == null ? [] : new[] { KeyValuePair.Create("Seed", seed) }];
            return new(new("DPO", $"DPO-lr{rate}-s{seed}", parameters), [score, score]);
        }

        var replay = new Replay(new("seeds", [Run("1e-4", 1, "1"), Run("1e-4", 2, "2"), Run("1e-4", 6, "3"), Run("1e-3", 2)]));
        Assert.That((replay.Space.Count, replay.Truth[replay.Best]), Is.EqualTo((2, 3.0)));
        Assert.That(replay.NoiseAtBest, Is.EqualTo(Math.Sqrt(7)).Within(1e-12));
    }

    [Test]
    public void A_replay_is_told_as_a_table_over_budgets()
    {
        string[] lines = [.. ReplayTable.Lines(Table(0), 3)];
        Assert.That(lines[0], Does.Match(@"^twelve: 12 runs of 12 settings, 120 prompts; the best is DPO-lr1e-3-e1, 2\.\d{3}, the median \d\.\d{3}; a run's noise there has sd 0\.\d{3}$"));
        Assert.That(lines[1..4], Is.EqualTo(new[]
        {
            "3 replays each. Regret: how far the recommended setting is below the best, mean with 95 % interval; right: share whose recommended setting is of the best one's method.",
            "| runs | search: regret | random: regret | grid's order: regret | search: right | random: right | grid's order: right | sure, right | sure, wrong | prompts asked | wrongly stopped |",
            "|---|---|---|---|---|---|---|---|---|---|---|",
        }));
        Assert.That(lines[4..], Is.EqualTo(new[] { 6, 9, 12 }.Select(runs =>
        {
            ReplayOutcome at = new Replay(Table(0)).At(runs, 3);
            return FormattableString.Invariant($"| {runs} | {at.Search} | {at.Random} | {at.Grid} | {at.Search.RightMethod:F2} | {at.Random.RightMethod:F2} | {at.Grid.RightMethod:F2} ")
                + FormattableString.Invariant($"| {at.NamedRight:F2} | {at.NamedWrong:F2} | {at.Stops.PromptShare:P0} | {at.Stops.Wrongly} of {at.Stops.Runs} |");
        })), "the budgets that twelve settings allow");
        double[] truth = [.. new Replay(Table(0, isClose: true)).Truth.Order()];
        Assert.That(ReplayTable.Lines(Table(0, isClose: true), 1).First(), Does.Contain(Median(truth[6])).And.Not.Contains(Median(truth[5])), "of an even number the upper middle");

        static string Median(double value) => FormattableString.Invariant($"the median {value:F3};");
    }

    // the first ones with a second seed; DPO at 1e-3 is best and repeated third
    private static ScoreTable Table(int repeated, bool isClose = false, double spread = Spread)
    {
        int[] order = [5, 0, 2, 1, 3, 4, 6, 7];
        List<ScoredRun> runs = [];
        foreach ((int index, (string method, string rate)) in s_methods.SelectMany(_ => s_rates, (method, rate) => (method, rate)).Index())
            foreach (string seed in order.Take(repeated).Contains(index) ? new[] { "1", "2" } : ["1"])
            {
                var random = new SeededRandom((ulong)index, $"test/replayed/{seed}");
                double level = (isClose ? index switch { 0 => 1.3, 7 => 1.25, _ => 1 } : index switch { 2 => 2.4, 1 or 6 => 1.8, 5 => 1.7, _ => 1 }) + spread * random.NextNormal();
                KeyValuePair<string, string>[] parameters = [new("LearningRate", rate), new("Epochs", "1"), .. repeated > 0 ? [new(Grid.Seed, seed)] : Array.Empty<KeyValuePair<string, string>>()];
                runs.Add(new(new(method, $"{method}-lr{rate}{(repeated > 0 ? $"-s{seed}" : "")}", parameters), [.. Enumerable.Range(0, Prompts).Select(_ => level + random.NextNormal())]));
            }

        return new("twelve", runs);
    }
}
