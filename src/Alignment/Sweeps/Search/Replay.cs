using Alignment.Files;
using Alignment.Recipes;

namespace Alignment.Sweeps.Search;

/// <summary>
/// Searches over again on stored results. What a run would score is a setting's mean over its stored seeds and prompts, plus the noise of a run: a
/// deviation drawn from those of its own seeds, else of the nearest repeated setting, of its method where one is; where nothing was repeated, a normal
/// one as large as that of other prompts.
/// </summary>
internal sealed class Replay
{
    private const int NamedEvery = 5;
    private readonly ScoredRun[][] _settings;
    private readonly double[][] _deviations;
    private readonly double _promptNoise;

    /// <summary>Of a table's runs.</summary>
    public Replay(ScoreTable table)
    {
        _settings = [.. table.Runs.GroupBy(run => (run.Point.Method, string.Join(' ', Setting(run.Point).Parameters))).Select(same => same.ToArray())];
        Space = SearchSpace.Of([.. _settings.Select(runs => Setting(runs[0].Point))]);
        Truth = [.. _settings.Select(runs => runs.Average(run => run.Mean))];
        _promptNoise = PromptNoise.Of([.. Space.Start().Select(point => _settings[point][0].Scores)]);
        double[][] own = [.. _settings.Select((runs, point) => runs.Length < 2 ? [] : runs.Select(run => (run.Mean - Truth[point]) * Math.Sqrt(runs.Length / (runs.Length - 1.0))).ToArray())];
        int[] repeated = [.. Enumerable.Range(0, Space.Count).Where(point => own[point].Length > 0)];
        _deviations = [.. own.Select((deviations, point) => deviations.Length > 0 || repeated.Length == 0 ? deviations
            : own[repeated.MaxBy(other => (Space.Points[other].Method == Space.Points[point].Method, Space.Covariances(point)[other]))])];
    }

    /// <summary>The settings.</summary>
    public SearchSpace Space { get; }

    /// <summary>[settings] the mean score that is taken for the truth.</summary>
    public double[] Truth { get; }

    /// <summary>The best setting.</summary>
    public int Best => Array.IndexOf(Truth, Truth.Max());

    /// <summary>Standard deviation of a run's noise at the best setting.</summary>
    public double NoiseAtBest => _deviations[Best] is { Length: > 0 } known ? Math.Sqrt(known.Sum(deviation => deviation * deviation) / known.Length) : Math.Sqrt(_promptNoise);

    /// <summary>Makes each search of so many runs so many times.</summary>
    /// <param name="runs">The budget; at most the number of settings.</param>
    /// <param name="times">How often.</param>
    public ReplayOutcome At(int runs, int times)
    {
        int[] search = new int[times], random = new int[times], grid = new int[times];
        var stops = new StopTally();
        int right = 0, wrong = 0;
        for (int time = 0; time < times; time++)
        {
            var draws = new SeededRandom((ulong)time, "replay");
            double[][] scores = [.. Truth.Select((truth, point) => (double[])[truth + Noise(draws, point), truth + Noise(draws, point)])];
            int[] order = [.. Enumerable.Range(0, Space.Count)];
            draws.Shuffle<int>(order);
            (search[time], bool? named) = Search(runs, scores, draws, stops, isNaming: time % NamedEvery == 0);
            right += named == true ? 1 : 0;
            wrong += named == false ? 1 : 0;
            random[time] = Highest(order[..runs], scores);
            grid[time] = Highest([.. Enumerable.Range(0, runs)], scores);
        }

        double namings = Math.Ceiling(times / (double)NamedEvery);
        return new(runs, Of(search), Of(random), Of(grid), right / namings, wrong / namings, stops);

        PolicyOutcome Of(int[] chosen) => new([.. chosen.Select(point => Truth.Max() - Truth[point])],
            chosen.Count(point => Space.Points[point].Method == Space.Points[Best].Method) / (double)times);
    }

    // the setting it recommends, and whether the method it names is the best one's; null where it names none
    private (int Chosen, bool? Named) Search(int runs, double[][] scores, SeededRandom draws, StopTally stops, bool isNaming)
    {
        var rule = new SearchRule(Space, runs);
        List<SearchRun> done = [];
        List<double> seen = [];
        HashSet<int> stopped = [];
        int leader = -1, best = -1;
        while (rule.Next(done, seen, _promptNoise) is { Count: > 0 } round)
        {
            foreach (SearchRun run in round)
                seen.Add(leader >= 0 && !run.Second && stops.Add(Differences(run.Point, leader, scores, draws)) is { } lost && stopped.Add(run.Point)
                    ? scores[leader][0] + lost : scores[run.Point][run.Second ? 1 : 0]);
            done.AddRange(round);
            IReadOnlyList<int> leaders = SearchRule.Leaders(Space, [.. done.Select(run => run.Point)], seen, _promptNoise);
            (leader, best) = (leaders.First(point => !stopped.Contains(point)), leaders[0]);
        }

        if (!isNaming)
            return (best, null);
        double[] chances = Posterior.Of(Space, [.. done.Select(run => run.Point)], seen, Math.Max(_promptNoise, Repeats(done, seen))).ChancesOfBest();
        return (best, chances.Max() < SearchRule.SureEnough ? null : Space.Methods[Array.IndexOf(chances, chances.Max())] == Space.Points[Best].Method);
    }

    // half the mean squared difference of two seeds of a point
    private static double Repeats(List<SearchRun> done, List<double> scores)
    {
        double[] squares = [.. done.Index().Where(run => run.Item.Second).Select(run => scores[run.Index] - scores[done.IndexOf(run.Item with { Second = false })]).Select(d => d * d / 2)];
        return squares.Length == 0 ? 0 : squares.Average();
    }

    // of two runs, by prompt, in an order of its own
    private double[] Differences(int point, int leader, double[][] scores, SeededRandom draws)
    {
        (ScoredRun run, ScoredRun first) = (_settings[point][0], _settings[leader][0]);
        double shift = scores[point][0] - run.Mean - (scores[leader][0] - first.Mean);
        double[] differences = [.. run.Scores.Zip(first.Scores, (a, b) => a - b + shift)];
        draws.Shuffle<double>(differences);
        return differences;
    }

    private double Noise(SeededRandom draws, int point) =>
        _deviations[point] is { Length: > 0 } known ? known[draws.NextInt(known.Length)] : Math.Sqrt(_promptNoise) * draws.NextNormal();

    private static int Highest(int[] points, double[][] scores) => points.MaxBy(point => scores[point][0]);

    private static GridPoint Setting(GridPoint point)
    {
        KeyValuePair<string, string>[] parameters = [.. point.Parameters.Where(parameter => parameter.Key != Grid.Seed)];
        return new(point.Method, Grid.Slug(point.Method, parameters), parameters);
    }
}
