using Alignment.Recipes;

namespace Alignment.Sweeps;

/// <summary>The round on-policy of a sweep: its pairs are made once, by whoever first asks for them, and all points of the round train on them.</summary>
internal sealed partial class Sweep
{
    private (ResampleNames Names, SweepData Data)? _resampled;

    /// <summary>Makes the pairs; nothing where the recipe has no such round.</summary>
    /// <exception cref="InvalidOperationException">An SFT run is not stored.</exception>
    public void PrepareResampled(CancellationToken cancel)
    {
        if (_recipe.Resample != null)
            Resampled(StoredWinner(), cancel);
    }

    // what a point trains on
    private SweepData DataOf(GridPoint point, StoredRun? start, CancellationToken cancel) => point.OnPolicy ? Resampled(start!, cancel) : _data.Value;

    private SweepData Resampled(StoredRun start, CancellationToken cancel)
    {
        ResampleNames names = _identity.Value.Resampled(start.Weights);
        if (_resampled is { } known && known.Names == names)
            return known.Data;
        // what is wrong with the judge is told before anything is sampled
        StageOutOfMemoryException.In(MemoryPlan.StageOf(_recipe.Resample!.Judge), _memory.Value, () => Pairs(Chooser, cancel));
        FreeJudges();
        // every run of the round asks for the pairs: what is wrong with them would be so again
        SweepData data = _failures.Try(names.Pairs, e => e is InvalidDataException or RecipeException or NotFiniteNumberException, () => Stage(start, names, cancel).Pairs(cancel));
        FreeJudges();
        _resampled = (names, data);
        return data;
    }

    // where they do not fit beside a policy
    private void FreeJudges()
    {
        if (!_memory.Value.JudgesStay)
            _judges.Close();
    }

    private ResampleStage Stage(StoredRun start, ResampleNames names, CancellationToken cancel) => new(_store.Folder, names)
    {
        Recipe = _recipe,
        Data = _data.Value,
        Options = Options,
        Weights = Path.GetFullPath(new PolicyModels(_recipe, Options, _data.Value.Tokenizer).WeightsOf(start, _weights)),
        Judge = () => _judges.Open(Chooser, _identity.Value.Judge(Chooser), _data.Value, cancel),
        Ranks = _ranks,
        Memory = _memory.Value,
        Log = _log,
    };

    // its place is behind the judges that score the runs
    private int Chooser => _judges.Count;

    // what reports say of the round; null where there is none
    private StoredSweep? CollectOnPolicy(StoredRun sft, int judge, CancellationToken cancel) => _recipe.Resample == null ? null : Collect(sft, judge, onPolicy: true, cancel) with
    {
        ChosenBy = _judges.Facts(Chooser, Pairs(Chooser, cancel)),
    };

    // what a dry run tells of the round
    private ResamplePlan? ResamplePlan() => _recipe.Resample is not { } resample ? null
        : new(_data.Value.TrainingPrompts.Count, resample, Start() is { } start && File.Exists(ResampleStage.PairsFile(_store.Folder, _identity.Value.Resampled(start.Weights))));
}
