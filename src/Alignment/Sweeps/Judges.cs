using Alignment.Recipes;

namespace Alignment.Sweeps;

/// <summary>The judges of a sweep, in the recipe's order; each is opened, or first trained, when its scores are first asked for.</summary>
/// <param name="recipe">Names them.</param>
/// <param name="options">Say where they are and run; asked for when one is opened.</param>
/// <param name="sweepFolder">The sweep's folder.</param>
/// <param name="log">Gets lines about them.</param>
internal sealed class Judges(Recipe recipe, Func<SweepOptions> options, string sweepFolder, Action<string> log) : IDisposable
{
    private readonly KnownFailures _failures = new();
    private readonly Dictionary<int, GoldModel> _open = [];
    private readonly Dictionary<int, JudgedPairs> _pairs = [];

    /// <summary>The ranks that score together; null where this process scores alone.</summary>
    public RankWork? Ranks { get; init; }

    /// <summary>How many score the runs; behind them stands the one that chooses the pairs of a round on-policy.</summary>
    public int Count => recipe.Judges.Count;

    /// <summary>What begins the log's lines about one of them; nothing where it is the only one.</summary>
    public string Tag(int judge) => recipe.AllJudges.Count == 1 ? "" : $"{recipe.AllJudges[judge].Name}: ";

    /// <summary>One of them, ready to score. What keeps it from that would do so for every run, and is not tried twice.</summary>
    public GoldModel Open(int judge, string identity, SweepData data, CancellationToken cancel) => _open.TryGetValue(judge, out GoldModel? open) ? open
        : _open[judge] = _failures.Try(recipe.AllJudges[judge].Key, _ => true,
            () => GoldModel.Open(recipe.AllJudges[judge], new(recipe, options(), data, line => log(Tag(judge) + line)) { Ranks = Ranks }, (sweepFolder, identity), cancel));

    /// <summary>About how long it takes to train those that are trained and not stored, by a step of each.</summary>
    public double TrainingSeconds(RunIdentity identity, SweepData data) => recipe.AllJudges.Index().Where(judge => judge.Item is TrainedGold)
        .Sum(judge => new GoldTraining((TrainedGold)judge.Item, new(recipe, options(), data, log), identity.Judge(judge.Index), sweepFolder).Seconds());

    /// <summary>What one of them says of the test set's own responses: stored, or scored now.</summary>
    /// <param name="judge">Its place.</param>
    /// <param name="identity">Of the judge.</param>
    /// <param name="data">With the test set.</param>
    /// <param name="cancel">Asked before it is opened.</param>
    public JudgedPairs Pairs(int judge, string identity, SweepData data, CancellationToken cancel)
    {
        if (_pairs.TryGetValue(judge, out JudgedPairs? known))
            return known;
        if (!data.TestHasPairs)
        {
            log($"{Tag(judge)}gold model: the test set has no pairs, so that its accuracy is not known");
            return _pairs[judge] = JudgedPairs.None(data.Test.Count);
        }

        JudgedPairs pairs = JudgedPairs.Of(sweepFolder, data.Test, identity, () => Open(judge, identity, data, cancel), line => log(Tag(judge) + line));
        log($"{Tag(judge)}gold model: accuracy on the test set's pairs {pairs.Accuracy}");
        return _pairs[judge] = pairs;
    }

    /// <summary>What reports say of one of them.</summary>
    public JudgeFacts Facts(int judge, JudgedPairs pairs) =>
        new(recipe.AllJudges[judge].Name, GoldModel.Describe(recipe.AllJudges[judge]), pairs.Accuracy.Right, pairs.Accuracy.Ties, pairs.Accuracy.Total) { Decides = judge == 0 };

    /// <summary>Frees those that are open; they are opened again when their scores are asked for.</summary>
    public void Close()
    {
        foreach (GoldModel gold in _open.Values)
            gold.Dispose();
        _open.Clear();
    }

    /// <inheritdoc/>
    public void Dispose() => Close();
}
