using Alignment.Recipes;
using Alignment.Sweeps.Search;

namespace Alignment.Sweeps;

/// <summary>A search's runs against the leader of the rounds before them: what is known of a point, and what is stored of one that is behind.</summary>
internal sealed partial class Sweep
{
    private readonly Dictionary<string, Contest> _contests = []; // by the leader's name
    private readonly Dictionary<string, Contest> _against = []; // by a point's slug
    private readonly Dictionary<(string Run, string Leader), Standing> _standings = [];
    private PromptOrder? _order;

    // what is known of a point that a search has chosen; what another leader or a grid has left of it tells the same
    private SearchStep Look(GridPoint point, StoredRun? leader)
    {
        if (Start() is not { } start)
            return new(point, null, Diverged: false);
        foreach (GridPoint of in Grid.OfTraining(_recipe, point))
            Set(of, leader);
        StoredRun? run = Stored(point).Run;
        var step = new SearchStep(point, run, _store.HasDiverged(_identity.Value.Of(point, start.Weights).Run));
        if (run == null || leader == null || !_against.ContainsKey(point.Slug))
            return step;
        Standing standing = StandingOf(run, leader);
        return run.FirstPrompts == null && standing.StoppedAfter == null ? step : step with { Leader = leader, Score = leader.Summary.MeanScore.Value + standing.Lead };
    }

    // a single run that the recipe names answers all prompts, whatever a search thinks of it
    private void Set(GridPoint point, StoredRun? leader)
    {
        if (leader == null || _recipe.Runs.Any(run => run.Slug == point.Slug))
            _against.Remove(point.Slug);
        else
            _against[point.Slug] = Against(leader);
    }

    private Contest Against(StoredRun leader) => _contests.TryGetValue(leader.Id, out Contest? known) ? known
        : _contests[leader.Id] = new(leader, _order ??= new(_data.Value.Places.ToDictionary(place => place, place => PromptText.Of(_data.Value.TestAt(place).Prompt))));

    private Standing StandingOf(StoredRun run, StoredRun leader) => _standings.TryGetValue((run.Id, leader.Id), out Standing? known) ? known
        : _standings[(run.Id, leader.Id)] = Against(leader).Of(run.Columns());

    // by one judge: of all prompts, or of those that were enough
    private StoredRun? Find(GridPoint point, string? weights, int judge)
    {
        string id = _identity.Value.Of(point, weights, judge).Run;
        return _store.Find(id) ?? (_against.TryGetValue(point.Slug, out Contest? contest) ? _store.Find(id + contest.Ending) : null);
    }

    // what is stored of a point; a preference run's names are known when the run it starts from is stored
    private StoredPoint Stored(GridPoint point)
    {
        StoredRun? start = Grid.IsBeforeMethods(point) ? null : Start();
        if (SweepSearch.NumberOf(point) != null || (start == null && !Grid.IsBeforeMethods(point)))
            return StoredPoint.Nothing(_judges.Count);
        string? weights = start?.Weights;
        StoredRun?[] runs = [.. Enumerable.Range(0, _judges.Count).Select(judge => Find(point, weights, judge))];
        return new(runs.Contains(null) ? null : runs[0], _weights.Has(_identity.Value.Of(point, weights).Weights), [.. runs.Select(run => run != null)]);
    }

    // the runs of a search that have not answered all prompts, as one judge scores them
    private IReadOnlyList<StoppedRun> Stopped(IEnumerable<GridPoint> searched, string start, int judge) =>
    [
        .. from searchedPoint in searched
           from point in Grid.OfTraining(_recipe, searchedPoint)
           let run = Find(point, start, judge)
           where run is { FirstPrompts: not null }
           let leader = _store.Find(_identity.Value.Of(_against[point.Slug].Leader.Point, start, judge).Run)
           where leader != null
           select new StoppedRun(run, leader),
    ];
}
