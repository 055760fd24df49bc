using System.Globalization;
using Alignment.Recipes;
using Alignment.Sweeps.Search;

namespace Alignment.Sweeps;

/// <summary>
/// A recipe's search as far as its store tells: each round follows from the results of the rounds before it, so that every process, today's or a later
/// one, comes to the same runs. What else is stored changes nothing.
/// </summary>
internal sealed class SweepSearch
{
    private const string Number = "Run", Unchosen = "to be chosen";
    private readonly Recipe _recipe;
    private readonly SearchRule _rule;
    private readonly int _asked;

    /// <summary>A search over some of a recipe's settings.</summary>
    /// <param name="recipe">Has a search.</param>
    /// <param name="settings">What it picks from.</param>
    public SweepSearch(Recipe recipe, IReadOnlyList<GridPoint> settings)
    {
        (_recipe, _asked) = (recipe, recipe.Search!.Runs);
        _rule = new(SearchSpace.Of(settings), Math.Min(_asked, 2 * settings.Count));
    }

    /// <summary>How many runs it makes.</summary>
    public int Runs => _rule.Runs;

    /// <summary>Of each run its position in its round, from 0 on.</summary>
    public IEnumerable<int> Positions => _rule.RoundSizes.SelectMany(size => Enumerable.Range(0, size));

    /// <summary>How many rounds it takes.</summary>
    public int RoundCount => _rule.RoundSizes.Count;

    /// <summary>What stands for the k-th run until it is chosen, from 1 on; its steps are counted as those of the longest setting.</summary>
    public static GridPoint Unknown(Recipe recipe, int number, int runs) => new(Unchosen, string.Create(CultureInfo.InvariantCulture, $"run {number} of {runs}"),
    [
        new(Number, number.ToString(CultureInfo.InvariantCulture)),
        new(Grid.Epochs.Name, recipe.Methods.SelectMany(grid => grid.Stage.Epochs).MaxBy(epochs => epochs.Value)!.Spelling),
    ]);

    /// <summary>Which run a point of <see cref="Unknown"/> stands for; null for one that is known.</summary>
    public static int? NumberOf(GridPoint point) => point.Method == Unchosen ? (int)PointValues.Of(point)[Number] : null;

    /// <summary>The rounds as far as they are chosen; the last one may lack results.</summary>
    /// <param name="look">What is known of a point, set against the leader of the rounds before it; against none in the first round and where it is a second seed.</param>
    public IReadOnlyList<IReadOnlyList<SearchStep>> Rounds(Func<GridPoint, StoredRun?, SearchStep> look)
    {
        List<IReadOnlyList<SearchStep>> rounds = [];
        List<SearchRun> done = [];
        StoredRun? leader = null;
        double noise = 0;
        while (_rule.Next(done, Scores([.. rounds.SelectMany(round => round)]), noise) is { Count: > 0 } next)
        {
            rounds.Add([.. next.Select(run => look(Point(run), run.Second ? null : leader))]);
            if (rounds[^1].Any(step => step.IsOpen))
                break;
            if (rounds.Count == 1)
                noise = PromptNoise.Of([.. rounds[0].Select(step => step.Run).OfType<StoredRun>().Select(run => run.Columns().Score)]);
            done.AddRange(next);
            leader = Leader(done, [.. rounds.SelectMany(round => round)], noise);
        }

        return rounds;
    }

    /// <summary>What reports say of it.</summary>
    public SearchFacts Facts(IReadOnlyList<IReadOnlyList<SearchStep>> rounds) =>
        new(_asked, _rule.Space.Count, [.. rounds.Select(round => (IReadOnlyList<string>)[.. round.Select(step => step.Point.Slug)])]);

    /// <summary>All runs: those that are chosen, and <see cref="Unknown"/> for the others.</summary>
    public IReadOnlyList<GridPoint> Points(IReadOnlyList<IReadOnlyList<SearchStep>> rounds)
    {
        GridPoint[] known = [.. rounds.SelectMany(round => round).Select(step => step.Point)];
        return [.. known, .. Enumerable.Range(known.Length + 1, Runs - known.Length).Select(number => Unknown(_recipe, number, Runs))];
    }

    private GridPoint Point(SearchRun run) => run.Second ? Grid.Again(_recipe, _rule.Space.Points[run.Point]) : _rule.Space.Points[run.Point];

    // the run of all prompts that is expected to be best; null where every one diverged
    private StoredRun? Leader(List<SearchRun> done, SearchStep[] steps, double noise) =>
        SearchRule.Leaders(_rule.Space, [.. done.Select(run => run.Point)], Scores(steps), noise)
            .Select(point => steps[done.FindIndex(run => run.Point == point)]).FirstOrDefault(step => step is { Run: not null, Leader: null })?.Run;

    // a run that diverged counts as the worst of those that did not
    private static double[] Scores(SearchStep[] steps)
    {
        double worst = steps.Where(step => step.Run != null).Select(step => step.Score).DefaultIfEmpty(0).Min();
        return [.. steps.Select(step => step.Run == null ? worst : step.Score)];
    }
}

/// <summary>A run that a search has chosen.</summary>
/// <param name="Point">Its point.</param>
/// <param name="Run">Its result.</param>
/// <param name="Diverged">Its training has become not finite, which is a result, too.</param>
internal sealed record SearchStep(GridPoint Point, StoredRun? Run, bool Diverged)
{
    /// <summary>The run that it is behind for certain; null where it is not.</summary>
    public StoredRun? Leader { get; init; }

    /// <summary>Its mean score; of a run that is behind, the leader's and what it has lost to it on the prompts that were enough. Not a number without a result.</summary>
    public double Score { get; init; } = Run?.Summary.MeanScore.Value ?? double.NaN;

    /// <summary>Without a result.</summary>
    public bool IsOpen => Run == null && !Diverged;
}

/// <summary>What sweep.json says of a search.</summary>
/// <param name="Runs">Its budget.</param>
/// <param name="Settings">How many settings it picks from.</param>
/// <param name="Rounds">The points of each round by their slugs.</param>
internal sealed record SearchFacts(int Runs, int Settings, IReadOnlyList<IReadOnlyList<string>> Rounds);
