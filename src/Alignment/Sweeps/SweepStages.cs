using Alignment.Models;
using Alignment.Recipes;

namespace Alignment.Sweeps;

/// <summary>A sweep's stages one at a time, each from what the stages before it have stored: as the jobs of a cluster ask for them.</summary>
internal sealed partial class Sweep
{
    /// <summary>As <see cref="Run(GridPoint, CancellationToken)"/>, and nothing beside it: what it starts from has to be stored.</summary>
    /// <exception cref="InvalidOperationException">An SFT run is not stored.</exception>
    public StoredRun RunAlone(GridPoint point, CancellationToken cancel)
    {
        StoredRun? start = Grid.IsBeforeMethods(point) ? null : StoredWinner();
        // of a search, what the rounds before lack is run here: their jobs may have failed
        return SweepSearch.NumberOf(point) is { } number ? WithAverages(Chosen(number, cancel), chosen => RunOne(chosen, start, cancel)) : RunOne(point, start, cancel);
    }

    // a search picks what is trained; the averages of that are nobody's choice, and come with it
    private StoredRun WithAverages(GridPoint chosen, Func<GridPoint, StoredRun> run) => Grid.OfTraining(_recipe, chosen).Select(run).ToList()[0];

    /// <summary>The points after SFT in the rounds whose points can run beside each other: a grid's are one round, a search's follow from the results before.</summary>
    public static IReadOnlyList<IReadOnlyList<GridPoint>> Rounds(Recipe recipe)
    {
        if (recipe.Search == null)
            return [Grid.PreferencePoints(recipe)];
        var search = new SweepSearch(recipe, Grid.Settings(recipe));
        int[] starts = [.. search.Positions.Index().Where(run => run.Item == 0).Select(run => run.Index), search.Runs];
        return
        [
            .. starts.Zip(starts.Skip(1), (from, to) => (GridPoint[])[.. Enumerable.Range(from + 1, to - from).Select(number => SweepSearch.Unknown(recipe, number, search.Runs))]),
            .. recipe.Runs.Count > 0 ? new[] { recipe.Runs } : [],
        ];
    }

    /// <summary>The SFT run that preference runs start from, by the stored runs alone.</summary>
    /// <exception cref="InvalidOperationException">One of them is not stored.</exception>
    public StoredRun StoredWinner()
    {
        string[] missing = [.. Grid.SftPoints(_recipe).Where(point => Stored(point).Run == null)
            .Select(point => $"{point.Slug}: {_store.Error(_identity.Value.Of(point, null).Run) ?? "not run yet"}")];
        return missing.Length == 0 ? SftWinner(CancellationToken.None)
            : throw new InvalidOperationException($"what preference runs start from is not stored:\n{string.Join('\n', missing)}");
    }

    // a barrier before each round: what the last one lacks is waited for where another process works on it, and run here where none does
    private GridPoint Chosen(int number, CancellationToken cancel)
    {
        SftWinner(cancel);
        _ = Progress;
        while (true)
        {
            IReadOnlyList<IReadOnlyList<SearchStep>> rounds = _search!.Rounds(Look);
            IReadOnlyList<GridPoint> points = _search.Points(rounds);
            _progress = new(Searched(rounds), new SweepWork(_recipe, _data.Value), Stored);
            if (rounds.Count > _toldRounds)
                _log($"search: round {_toldRounds = rounds.Count} of {_search.RoundCount} is {string.Join(", ", rounds[^1].Select(step => step.Point.Slug))}");
            if (SweepSearch.NumberOf(points[number - 1]) == null)
                return points[number - 1];
            foreach (SearchStep step in rounds[^1].Where(step => step.IsOpen))
                RunOrDiverge(step.Point, cancel);
        }
    }

    private IReadOnlyList<GridPoint> Searched(IReadOnlyList<IReadOnlyList<SearchStep>> rounds) => [.. _search!.Points(rounds).Concat(_recipe.Runs).DistinctBy(point => point.Slug)];

    private void RunOrDiverge(GridPoint point, CancellationToken cancel)
    {
        try
        {
            Run(point, cancel);
        }
        catch (Training.NonFiniteLossException) when (Start() is { } start && _store.HasDiverged(_identity.Value.Of(point, start.Weights).Run))
        {
            _log($"[{point.Slug}] diverged: the search counts it as the worst run");
        }
    }

    /// <summary>Makes the judges ready: those that are trained are stored, and so is what each says of the test set's own responses.</summary>
    public void PrepareJudges(CancellationToken cancel)
    {
        for (int judge = 0; judge < _recipe.AllJudges.Count; judge++)
            Pairs(judge, cancel);
    }

    /// <summary>Makes the reference log-probs of the training pairs, which preference runs share; also of those of a round on-policy.</summary>
    /// <exception cref="InvalidOperationException">An SFT run is not stored.</exception>
    public void PrepareReference(CancellationToken cancel)
    {
        StoredRun start = StoredWinner();
        var models = new PolicyModels(_recipe, Options, _data.Value.Tokenizer);
        string weights = models.WeightsOf(start, _weights);
        SweepData[] all = _recipe.Resample == null ? [_data.Value] : [_data.Value, Resampled(start, cancel)];
        StageOutOfMemoryException.In("reference pass", _memory.Value, () =>
        {
            using Decoder model = models.Load(weights);
            foreach (SweepData data in all)
                SharedReference.Of(_store.Folder, model, start.Weights, data, Options.Speed, line => _log($"[reference] {line}"),
                    () => _ranks.Ask(new(RankTask.Reference, new(weights)) { Pairs = data.PairsFile }), cancel);
            return true;
        });
    }

    /// <summary>Where every point stands: SFT, then the methods' or, of a search, its runs in their order.</summary>
    public SweepState State() => new(_recipe.Name, _store.Folder, [.. Progress.Points.Select(State)], Progress.SecondsLeft());

    private PointState State(GridPoint point)
    {
        if (Stored(point).Run is { } run && (_recipe.Search == null || Grid.OfTraining(_recipe, point).All(of => Stored(of).Run != null)))
            return new(point, run, null, null);
        StoredRun? start = Grid.IsBeforeMethods(point) ? null : Start();
        if (SweepSearch.NumberOf(point) != null || (start == null && !Grid.IsBeforeMethods(point)))
            return new(point, null, null, null);
        string id = _identity.Value.Of(point, start?.Weights).Run;
        return new(point, null, _store.Holder(id), _store.Error(id));
    }
}
