using System.Runtime.ExceptionServices;
using Alignment.Data;
using Alignment.Files;
using Alignment.Recipes;
using Alignment.Rewards;
using TorchSharp;

namespace Alignment.Sweeps;

/// <summary>
/// A recipe's sweep in a run store. Runs can be asked for in any order and by several processes: a preference run first has the SFT grid run,
/// a finished run is never run again, a killed one goes on.
/// </summary>
internal sealed class Sweep : IDisposable
{
    private readonly Recipe _recipe;
    private readonly SweepOptions _options;
    private readonly Action<string> _log;
    private readonly RunStore _store;
    private readonly WeightStore _weights;
    private readonly Lazy<SweepData> _data;
    private readonly Lazy<RunIdentity> _identity;
    private GoldModel? _gold;
    private ExceptionDispatchInfo? _goldFailure;
    private readonly Dictionary<string, ExceptionDispatchInfo> _startFailures = [];
    private IReadOnlyList<double>? _chosenScores;
    private bool _told;
    private SweepProgress? _progress;

    /// <summary>Opens a sweep; nothing is read or trained yet.</summary>
    /// <param name="recipe">What is run.</param>
    /// <param name="options">Where and how fast.</param>
    /// <param name="clock">Gives times for locks and the step log.</param>
    /// <param name="log">Gets a line for every step of a run and progress in between.</param>
    public Sweep(Recipe recipe, SweepOptions options, TimeProvider clock, Action<string> log)
    {
        (_recipe, _options, _log) = (recipe, options, log);
        string folder = Path.Combine(options.SweepsFolder, recipe.Name);
        (_store, _weights) = (new(folder, clock), new(folder, clock));
        torch.set_num_threads(options.Threads > 0 ? options.Threads : Environment.ProcessorCount);
        _data = new(() =>
        {
            foreach (string removed in _store.RemoveLeftovers())
                log(removed);
            return Preflight.Read(recipe, options, log);
        });
        var hashes = new FileHashes(Path.Combine(options.SweepsFolder, ".hashes"), clock, log);
        _identity = new(() => new RunIdentity(recipe, InputFingerprints.Of(recipe, options, _data.Value, hashes)));
    }

    /// <summary>Reads the data and refuses what is certain to fail; a run does it, too.</summary>
    /// <exception cref="RecipeException">All that keeps the sweep from starting.</exception>
    public void Check() => _ = _data.Value;

    /// <summary>Which points will be asked for, so that the log tells how far the whole is; without it, all of the recipe.</summary>
    public void Expect(IReadOnlyList<GridPoint> points) => _progress = new(points, new SweepWork(_recipe, _data.Value), Stored);

    /// <summary>What is still to be done and what it takes, by a step that is timed here; nothing is trained.</summary>
    public IReadOnlyList<string> Plan() => SweepPlan.Lines(_recipe, _options, _data.Value, Progress.Points, Stored);

    /// <summary>How many prompts every run answers.</summary>
    public int TestPromptCount => _data.Value.Test.Count;

    /// <summary>The result of a grid point: stored, or run now.</summary>
    /// <exception cref="Training.NonFiniteLossException">Training failed; the reason is stored for the report.</exception>
    public StoredRun Run(GridPoint point, CancellationToken cancel)
    {
        StoredRun? sft = Grid.IsBeforeMethods(point) ? null : SftWinner(cancel);
        RunNames names = _identity.Value.Of(point, sft?.Weights);
        string id = names.Run;
        if (_startFailures.TryGetValue(id, out ExceptionDispatchInfo? failed))
            failed.Throw(); // every run asks for the SFT runs: one that diverged would do so again for each
        if (_store.Find(id) is { } done)
            return done;
        using RunClaim claim = _store.Claim(id, owner => _log($"[{point.Slug}] waiting: {owner} works on it"), cancel);
        if (_store.Find(id) is { } meanwhile)
            return meanwhile;
        try
        {
            _log(Progress.Begin(point));
            GoldModel gold = Gold(cancel);
            _chosenScores ??= ChosenScores(gold);
            var inputs = new RunInputs(_recipe, _options, _data.Value, _log)
            {
                Store = _store,
                Weights = _weights,
                Names = names,
                Gold = gold,
                ChosenScores = _chosenScores,
                Sft = sft,
            };
            var (summary, facts) = new Run(point, claim.Folder, inputs).Execute(cancel);
            _log($"[{point.Slug}] storing");
            _store.Complete(claim, id, summary, new RunRecord(id, _recipe.Name, _recipe.Seed, point, facts) { Weights = names.Weights, Responses = names.Responses });
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _store.Fail(id, e.Message);
            if (e is Training.NonFiniteLossException && Grid.IsBeforeMethods(point))
                _startFailures[id] = ExceptionDispatchInfo.Capture(e);
            throw;
        }

        StoredRun stored = _store.Find(id)!;
        Progress.Done(stored);
        if (sft != null)
            DropWeights(sft);
        string win = sft == null ? "" : FormattableString.Invariant($", win rate vs {sft.Point.Method} {stored.Summary.WinVsSft.Value:F3}");
        _log(FormattableString.Invariant($"[{point.Slug}] stored: mean score {stored.Summary.MeanScore.Value:F3}{win}"));
        return stored;
    }

    /// <summary>The SFT run with the highest mean score, the first of equals; runs the SFT grid where it is not done.</summary>
    public StoredRun SftWinner(CancellationToken cancel)
    {
        StoredRun winner = Winner(Grid.SftPoints(_recipe).Select(point => Run(point, cancel)));
        if (!_told)
            Use(winner).Write(_store.Folder);
        _told = true;
        return winner;
    }

    /// <summary>What is stored of the recipe's points, for reports, also left as sweep.json; runs the SFT grid where it is not done.</summary>
    public StoredSweep Collect(CancellationToken cancel)
    {
        IReadOnlyList<GridPoint> points = Grid.PreferencePoints(_recipe);
        StoredRun sft = SftWinner(cancel);
        string[] ids = [.. points.Select(point => _identity.Value.Of(point, sft.Weights).Run)];
        StoredRun?[] runs = [.. ids.Select(_store.Find)];
        var sweep = new StoredSweep
        {
            Recipe = _recipe.Name,
            Folder = _store.Folder,
            Sft = sft,
            SftRuns = [.. Grid.SftPoints(_recipe).Select(point => Run(point, cancel))],
            Runs = [.. runs.OfType<StoredRun>()],
            Missing = [.. points.Index().Where(point => runs[point.Index] == null).Select(point => new MissingRun(point.Item, _store.Error(ids[point.Index])))],
            Seed = _recipe.Seed,
            Command = _options.Command,
            MaxCutShare = _recipe.MaxCutShare,
        };
        SweepFile.Write(sweep);
        DropWeights(sft);
        return sweep;
    }

    private RecipeUse Use(StoredRun sft) => RecipeUse.Of(_recipe, _identity.Value, sft.Weights);

    private void DropWeights(StoredRun sft)
    {
        if (_recipe.KeepWeights == WeightsToKeep.All)
            return;
        RecipeUse own = Use(sft);
        StoredRun[] runs = [.. own.Names.Select(names => _store.Find(names.Run)).OfType<StoredRun>()];
        foreach (string line in KeptWeights.DropOthers(runs, _weights, RecipeUse.All(_store.Folder).Where(use => use.Recipe != own.Recipe)))
            _log(line);
    }

    private double[] ChosenScores(GoldModel gold)
    {
        IReadOnlyList<RewardScore> scores = gold.Score(_data.Value.Test, _data.Value.Test.Select(pair => (pair.Chosen, true)));
        _log($"chosen responses: {new Share(scores.Count(score => score.InputCut), scores.Count)} were read by the gold model without their beginning");
        return [.. scores.Select(score => score.Value)];
    }

    private SweepProgress Progress
    {
        get
        {
            if (_progress == null)
                Expect(Grid.PreferencePoints(_recipe));
            return _progress!;
        }
    }

    // what is stored of a point; a preference run's names are known when the run it starts from is stored
    private StoredPoint Stored(GridPoint point)
    {
        StoredRun?[] start = Grid.IsBeforeMethods(point) ? [] : [.. Grid.SftPoints(_recipe).Select(at => Stored(at).Run)];
        if (start.Contains(null))
            return new(null, Trained: false);
        RunNames names = _identity.Value.Of(point, start.Length == 0 ? null : Winner(start.OfType<StoredRun>()).Weights);
        return new(_store.Find(names.Run), _weights.Has(names.Weights));
    }

    private static StoredRun Winner(IEnumerable<StoredRun> runs) => runs.MaxBy(run => run.Summary.MeanScore.Value)!;

    // one that was asked to stop is asked for again; one that failed would fail for every point
    private GoldModel Gold(CancellationToken cancel)
    {
        _goldFailure?.Throw();
        try
        {
            return _gold ??= GoldModel.Open(_recipe, _options, _store.Folder, _data.Value, _log, cancel);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _goldFailure = ExceptionDispatchInfo.Capture(e);
            throw;
        }
    }

    /// <summary>Frees the gold model.</summary>
    public void Dispose() => _gold?.Dispose();
}
