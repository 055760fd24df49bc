using System.Globalization;
using Alignment.Recipes;

namespace Alignment.Sweeps;

/// <summary>What a run of a sweep has to do, in tokens.</summary>
internal sealed class SweepWork(Recipe recipe, SweepData data)
{
    private readonly long _sft = data.SftRows.Sum(pair => (long)pair.Prompt.Length + pair.Chosen.Length);
    private readonly long _preference = data.PreferenceRows.Sum(pair => 2L * pair.Prompt.Length + pair.Chosen.Length + pair.Rejected.Length);

    // a response that is labelled by itself, without a mismatched one
    private readonly long _alone = data.Labelled?.Sum(row => (long)row.Prompt.Length + row.Chosen.Length) ?? 0;

    /// <summary>How many test prompts a run answers.</summary>
    public int Prompts => data.Test.Count;

    /// <summary>How many responses it samples.</summary>
    public int Responses => data.Test.Count * data.Responses;

    /// <summary>" 4 times" where each prompt gets several responses, else nothing.</summary>
    public string Times => data.Responses == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" {data.Responses} times each");

    // with responses as long as they may be
    private readonly long _resampled = data.TrainingPrompts.Sum(prompt => 2L * (prompt.Length + recipe.Generation.MaxNewTokens));

    /// <summary>Real tokens a point is trained on; in a round on-policy at most.</summary>
    public long Tokens(GridPoint point) =>
        point.Method == Grid.Start ? 0 : (point.Method == Grid.Sft ? _sft : point.OnPolicy ? _resampled : IsAlone(point) ? _alone : _preference) * (long)PointValues.Of(point)[Grid.Epochs.Name];

    private bool IsAlone(GridPoint point) => data.Labelled != null && Methods.Objective(point).OnLabels is { NeedsMismatched: false };

    /// <summary>The points a process has to run for those it is asked for: preference runs start from SFT.</summary>
    public IReadOnlyList<GridPoint> Needed(IReadOnlyList<GridPoint> asked) =>
        [.. Grid.SftPoints(recipe).Concat(asked).DistinctBy(point => point.Slug)];
}

/// <summary>What the store has of a point: the finished run, or only a part of it.</summary>
/// <param name="Run">The run, scored by every judge.</param>
/// <param name="Trained">The weights are there.</param>
/// <param name="Scored">By each judge, whether it has scored the responses.</param>
internal sealed record StoredPoint(StoredRun? Run, bool Trained, IReadOnlyList<bool> Scored)
{
    /// <summary>Nothing of it.</summary>
    public static StoredPoint Nothing(int judges) => new(null, Trained: false, [.. Enumerable.Repeat(false, judges)]);

    /// <summary>There are responses; only scores may be missing.</summary>
    public bool Answered => Scored.Contains(true);
}

/// <summary>Where a sweep stands as a whole: which run of how many begins, and how long the rest takes, by what the finished runs took.</summary>
internal sealed class SweepProgress
{
    private readonly SweepWork _work;
    private readonly HashSet<string> _done = [], _training; // the first point of each training, for which it is done
    private readonly Func<GridPoint, StoredPoint> _stored;
    private double _trainingSeconds, _evaluationSeconds;
    private long _tokens;

    /// <summary>Begins with the runs that are stored already.</summary>
    public SweepProgress(IReadOnlyList<GridPoint> asked, SweepWork work, Func<GridPoint, StoredPoint> stored)
    {
        (_work, _stored, Points) = (work, stored, work.Needed(asked));
        _training = [.. Points.DistinctBy(point => Grid.Trained(point).Slug).Select(point => point.Slug)];
        foreach (StoredRun run in Points.Select(point => stored(point).Run).OfType<StoredRun>())
            Done(run);
    }

    /// <summary>All that has to be run, what is stored included.</summary>
    public IReadOnlyList<GridPoint> Points { get; }

    /// <summary>"run 3 of 12: SimPO-b2.0-g1.2-lr1e-4-e1 trains on 210,000 tokens and answers 600 test prompts; about 40 min left".</summary>
    public string Begin(GridPoint point)
    {
        StoredPoint stored = _stored(point);
        string training = Tokens(point) == 0 ? "takes no training" : stored.Trained ? "is trained" : Text($"trains on {(point.OnPolicy ? "at most " : "")}{Tokens(point):N0} tokens");
        return Text($"run {_done.Count + 1} of {Points.Count}: {point.Slug} {training} and {(stored.Answered ? "has answered" : "answers")} {_work.Prompts} test prompts{_work.Times}; {Left()}");
    }

    /// <summary>A run is finished, and tells what such runs take.</summary>
    public void Done(StoredRun run)
    {
        if (!Points.Any(point => point.Slug == run.Point.Slug) || !_done.Add(run.Point.Slug) || !double.IsFinite(run.Facts.TrainingSeconds + run.Facts.EvaluationSeconds))
            return;
        _trainingSeconds += run.Facts.TrainingSeconds;
        _evaluationSeconds += run.Facts.EvaluationSeconds;
        _tokens += run.Facts.TrainingSeconds > 0 ? Tokens(run.Point) : 0;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private long Tokens(GridPoint point) => _training.Contains(point.Slug) ? _work.Tokens(point) : 0;

    /// <summary>About how long the rest takes, one run after another; null until a run that was trained is finished.</summary>
    public double? SecondsLeft()
    {
        if (_tokens == 0)
            return null;
        GridPoint[] left = [.. Points.Where(point => !_done.Contains(point.Slug))];
        return left.Sum(point => Tokens(point) * _trainingSeconds / _tokens) + left.Length * _evaluationSeconds / _done.Count;
    }

    private string Left() => SecondsLeft() is { } seconds ? $"about {Duration.Text(seconds)} left" : "how long the sweep takes is known after this run";
}

/// <summary>A time as people say it.</summary>
internal static class Duration
{
    /// <summary>"50 s", "40 min", "5.2 h" or "3.1 days".</summary>
    public static string Text(double seconds) => seconds switch
    {
        < 90 => FormattableString.Invariant($"{Math.Ceiling(seconds)} s"),
        < 90 * 60 => FormattableString.Invariant($"{Math.Ceiling(seconds / 60)} min"),
        < 48 * 3600 => FormattableString.Invariant($"{seconds / 3600:F1} h"),
        _ => FormattableString.Invariant($"{seconds / 86400:F1} days"),
    };
}
