using Alignment.Files;
using Alignment.Kernels.Native;
using Alignment.Recipes;
using TorchSharp;

namespace Alignment.Sweeps;

/// <summary>
/// A recipe's sweep in a run store. Runs can be asked for in any order and by several processes: a preference run first has the SFT grid run,
/// a finished run is never run again, a killed one goes on.
/// </summary>
internal sealed partial class Sweep : IDisposable
{
    private readonly Recipe _recipe;
    private readonly SweepOptions _options;
    private readonly Action<string> _log;
    private readonly RunStore _store;
    private readonly WeightStore _weights;
    private readonly Lazy<SweepData> _data;
    private readonly Lazy<MemoryPlan> _memory;
    private readonly Lazy<RunIdentity> _identity;
    private readonly Judges _judges;
    private readonly RankWork _ranks;
    private readonly KnownFailures _failures = new();
    private bool _told;
    private SweepProgress? _progress;
    private SweepSearch? _search;
    private int _toldRounds;

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
        RefusalText.IsRead |= options.Device != "cpu";
        torch.set_num_threads(options.Threads > 0 ? options.Threads : Environment.ProcessorCount);
        options.Speed.Apply();
        FileHashes hashes = options.Hashes(clock, log);
        _data = new(() =>
        {
            foreach (string removed in _store.RemoveLeftovers())
                log(removed);
            return Preflight.Read(recipe, options, hashes, log);
        });
        _memory = new(() =>
        {
            MemoryPlan plan = MemoryPlan.Of(recipe, options, _data.Value);
            foreach (string line in plan.Lines())
                log(line);
            return plan;
        });
        _ranks = new(recipe, options, () => _data.Value, () => Options);
        _judges = new(recipe, () => Options, folder, log) { Ranks = _ranks };
        _identity = new(() => new RunIdentity(recipe, InputFingerprints.Of(recipe, options, _data.Value, hashes)));
    }

    /// <summary>Reads the data and refuses what is certain to fail; a run does it, too.</summary>
    /// <exception cref="RecipeException">All that keeps the sweep from starting.</exception>
    public void Check() => _ = _memory.Value;

    // with what was left open
    private SweepOptions Options => _memory.Value.Settled(_options);

    /// <summary>Which points will be asked for, so that the log tells how far the whole is; without it, all of the recipe. A search picks from these.</summary>
    public void Expect(IReadOnlyList<GridPoint> points)
    {
        HashSet<string> asked = [.. points.Select(point => point.Slug)];
        GridPoint[] settings = _recipe.Search == null ? [] : [.. Grid.Settings(_recipe).Where(setting => asked.Contains(setting.Slug))];
        _search = settings.Length == 0 ? null : new(_recipe, settings);
        _progress = new(_search == null ? points : Searched(_search.Rounds(Look)), new SweepWork(_recipe, _data.Value), Stored);
    }

    /// <summary>What is still to be done and what it takes, by a step that is timed here; nothing is trained.</summary>
    public IReadOnlyList<string> Plan() =>
        SweepPlan.Lines(_recipe, Options, _data.Value, Progress.Points, Stored, () => _judges.TrainingSeconds(_identity.Value, _data.Value), ResamplePlan());

    /// <summary>What every preference run starts from, in a word: SFT, or start where there is none.</summary>
    public string StartName => Grid.SftPoints(_recipe)[0].Method;

    /// <summary>How many responses every run samples that is not stopped early.</summary>
    public int ResponseCount => _data.Value.Places.Count;

    /// <summary>
    /// The result of a grid point by the first judge: stored, or run now. The further judges score it, too. While another process runs an SFT point
    /// that is asked for, this one runs those that nobody does.
    /// </summary>
    /// <exception cref="Training.NonFiniteLossException">Training failed; the reason is stored for the report.</exception>
    public StoredRun Run(GridPoint point, CancellationToken cancel)
    {
        if (SweepSearch.NumberOf(point) is { } number)
            return WithAverages(Chosen(number, cancel), chosen => Run(chosen, cancel));
        if (!Grid.IsBeforeMethods(point))
            return RunOne(point, SftWinner(cancel), cancel);
        if (RunFree(point, cancel) is { } run)
            return run;
        foreach (GridPoint other in Grid.SftPoints(_recipe).Where(other => other.Slug != point.Slug))
            RunFree(other, cancel);
        return RunOne(point, null, cancel);
    }

    private StoredRun RunOne(GridPoint point, StoredRun? start, CancellationToken cancel) => ByAllJudges(point, start,
        id => _store.Claim(id, owner => _log($"[{point.Slug}] waiting: {owner} works on it"), cancel), cancel)!;

    // null where another process runs it
    private StoredRun? RunFree(GridPoint sft, CancellationToken cancel) => ByAllJudges(sft, null, _store.TryClaim, cancel);

    private StoredRun? ByAllJudges(GridPoint point, StoredRun? start, Func<string, RunClaim?> take, CancellationToken cancel)
    {
        StoredRun? first = null;
        for (int judge = 0; judge < _judges.Count; judge++)
        {
            // every run asks for the SFT runs: one that diverged would do so again for each
            StoredRun? scored = _failures.Try(_identity.Value.Of(point, start?.Weights).Run,
                e => e is Training.NonFiniteLossException && start == null, () => Run(point, start, judge, take, cancel));
            if (scored == null)
                return null;
            first ??= scored;
        }

        return first;
    }

    private StoredRun? Run(GridPoint point, StoredRun? start, int judge, Func<string, RunClaim?> take, CancellationToken cancel)
    {
        RunNames names = _identity.Value.Of(point, start?.Weights, judge);
        string id = names.Run;
        if (Find(point, start?.Weights, judge) is { } done)
            return done;
        using RunClaim? claim = take(id);
        if (claim == null)
            return null;
        if (Find(point, start?.Weights, judge) is { } meanwhile)
            return meanwhile;
        int? first = judge == 0 ? null : Find(point, start?.Weights, 0)!.FirstPrompts;
        try
        {
            if (judge == 0)
                _log(Progress.Begin(point));
            // what is wrong with the judge is told before anything is trained
            StageOutOfMemoryException.In(MemoryPlan.StageOf(_recipe.Judges[judge]), _memory.Value, () => _judges.Open(judge, _identity.Value.Judge(judge), _data.Value, cancel));
            JudgedPairs pairs = Pairs(judge, cancel);
            FreeJudges();
            var inputs = new RunInputs(_recipe, Options, DataOf(point, start, cancel), _log)
            {
                Store = _store,
                Weights = _weights,
                Names = first == null ? names : names.OfFirst(first.Value),
                OfTraining = [.. Grid.OfTraining(_recipe, point).Select(of => (of, _identity.Value.Of(of, start?.Weights).Weights))],
                Memory = _memory.Value,
                Judge = _recipe.Judges[judge].Name,
                Gold = () => _judges.Open(judge, _identity.Value.Judge(judge), _data.Value, cancel),
                Tag = _judges.Tag(judge),
                Ranks = _ranks,
                FreeGold = FreeJudges,
                Contest = _against.GetValueOrDefault(point.Slug),
                FirstPrompts = first,
                ChosenScores = pairs.Chosen,
                Sft = start == null ? null : ByJudge(start, judge),
            };
            // a training that diverged would do so again for each of its averages
            RunResult result = _failures.Try($"training of {inputs.OfTraining[0].Weights}",
                e => e is Training.NonFiniteLossException && inputs.OfTraining.Count > 1, () => new Run(point, claim.Folder, inputs).Execute(cancel));
            _log($"[{point.Slug}] storing");
            if (result.FirstPrompts is { } prompts)
                names = names.OfFirst(prompts) with { Run = id += _against[point.Slug].Ending };
            _store.Complete(claim, id, result.Summary,
                new RunRecord(id, _recipe.Name, _recipe.Seed, point, result.Facts) { Weights = names.Weights, Responses = names.Responses, FirstPrompts = result.FirstPrompts });
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            if (e is Training.NonFiniteLossException { OfPolicy: true })
                _store.Diverge(id, e.Message);
            else
                _store.Fail(id, e.Message);
            throw;
        }

        StoredRun stored = _store.Find(id)!;
        if (judge == 0)
            Progress.Done(stored);
        if (judge == 0 && start != null)
            DropWeights(start);
        string win = start == null ? "" : FormattableString.Invariant($", win rate vs {StartName} {stored.Summary.WinVsSft.Value:F3}");
        string part = stored.FirstPrompts is { } some ? FormattableString.Invariant($" on the first {some} prompts") : "";
        _log(FormattableString.Invariant($"[{point.Slug}] {_judges.Tag(judge)}stored: mean score {stored.Summary.MeanScore.Value:F3}{win}{part}"));
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
        StoredRun sft = SftWinner(cancel);
        StoredSweep sweep = Collected(0) with { ByOthers = [.. Enumerable.Range(1, _judges.Count - 1).Select(Collected)] };
        SweepFile.Write(sweep);
        StoredRecipe.Write(_store.Folder, _recipe);
        DropWeights(sft);
        return sweep;

        StoredSweep Collected(int judge) => Collect(sft, judge, onPolicy: false, cancel) with { OnPolicy = CollectOnPolicy(sft, judge, cancel) };
    }

    private StoredSweep Collect(StoredRun sft, int judge, bool onPolicy, CancellationToken cancel)
    {
        GridPoint[] points = [.. Grid.PreferencePoints(_recipe).Where(point => point.OnPolicy == onPolicy)];
        string folder = judge == 0 ? _store.Folder : SweepFile.ReportFolder(_store.Folder, _recipe.Judges[judge].Name);
        string[] ids = [.. points.Select(point => _identity.Value.Of(point, sft.Weights, judge).Run)];
        StoredRun?[] runs = [.. ids.Select(_store.Find)];
        // of the recipe as a whole, whatever part of it this process was asked for
        SweepSearch? whole = _recipe.Search == null ? null : new(_recipe, Grid.Settings(_recipe));
        SearchFacts? search = whole?.Facts(whole.Rounds(Look));
        HashSet<string>? asked = search?.Rounds.SelectMany(round => round).Concat(_recipe.Runs.Select(run => run.Slug)).ToHashSet();
        IReadOnlyList<StoppedRun> stopped = whole == null ? [] : Stopped(points.Where(point => !point.IsAverage && asked!.Contains(point.Slug)), sft.Weights, judge);
        HashSet<string> known = [.. runs.OfType<StoredRun>().Concat(stopped.Select(run => run.Run)).Select(run => run.Point.Slug)];
        return new StoredSweep
        {
            Recipe = _recipe.Name,
            Folder = onPolicy ? SweepFile.OnPolicyFolder(folder) : folder,
            Sft = ByJudge(sft, judge),
            SftRuns = [.. Grid.SftPoints(_recipe).Select(point => ByJudge(Run(point, cancel), judge))],
            Runs = [.. runs.OfType<StoredRun>()],
            Missing = [.. points.Index().Where(point => !known.Contains(point.Item.Slug) && (asked == null || asked.Contains(Grid.Trained(point.Item).Slug)))
                .Select(point => new MissingRun(point.Item, _store.Error(ids[point.Index])))],
            Search = search,
            Stopped = stopped,
            Seed = _recipe.Seed,
            Command = _options.Command,
            MaxCutShare = _recipe.MaxCutShare,
            Judge = _judges.Facts(judge, Pairs(judge, cancel)),
        };
    }

    // an SFT run as one of the judges scores it
    private StoredRun ByJudge(StoredRun sft, int judge) => judge == 0 ? sft : _store.Find(_identity.Value.Of(sft.Point, null, judge).Run)!;

    private JudgedPairs Pairs(int judge, CancellationToken cancel) => _judges.Pairs(judge, _identity.Value.Judge(judge), _data.Value, cancel);

    private RecipeUse Use(StoredRun sft) => RecipeUse.Of(_recipe, _identity.Value, sft.Weights);

    private void DropWeights(StoredRun sft)
    {
        if (_recipe.KeepWeights == WeightsToKeep.All)
            return;
        RecipeUse own = Use(sft);
        StoredRun[] runs = [.. RecipeUse.Of(_recipe, _identity.Value, sft.Weights, judge: 0).Select(names => _store.Find(names.Run)).OfType<StoredRun>()];
        StoredRun[] behind = [.. Stopped(Grid.PreferencePoints(_recipe).Where(point => _against.ContainsKey(point.Slug) && !point.IsAverage), sft.Weights, judge: 0).Select(stopped => stopped.Run)];
        foreach (string line in KeptWeights.DropOthers(runs, behind, _weights, RecipeUse.All(_store.Folder).Where(use => use.Recipe != own.Recipe)))
            _log(line);
    }

    private SweepProgress Progress
    {
        get
        {
            if (_progress == null)
                Expect(_recipe.Search == null ? Grid.PreferencePoints(_recipe) : [.. Grid.Settings(_recipe), .. _recipe.Runs]);
            return _progress!;
        }
    }

    // what preference runs start from; null until every SFT run is stored
    private StoredRun? Start()
    {
        StoredRun?[] sft = [.. Grid.SftPoints(_recipe).Select(at => _store.Find(_identity.Value.Of(at, null).Run))];
        return sft.Contains(null) ? null : Winner(sft.OfType<StoredRun>());
    }

    private static StoredRun Winner(IEnumerable<StoredRun> runs) => runs.MaxBy(run => run.Summary.MeanScore.Value)!;

    /// <summary>Frees the judges.</summary>
    public void Dispose() => _judges.Dispose();
}
