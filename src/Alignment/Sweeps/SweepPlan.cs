using System.Globalization;
using Alignment.Doctor;
using Alignment.Recipes;
using Alignment.Sweeps.Search;

namespace Alignment.Sweeps;

/// <summary>What a dry run tells: runs to do and done, tokens, time and disk.</summary>
internal static class SweepPlan
{
    /// <summary>A line each.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="options">Where and how fast.</param>
    /// <param name="data">Its data.</param>
    /// <param name="points">All of its points.</param>
    /// <param name="stored">What the store has of a point.</param>
    /// <param name="judging">About how many seconds it takes to train the judges that are trained; a step of each is timed.</param>
    /// <param name="resample">The round on-policy, or null.</param>
    public static IReadOnlyList<string> Lines(Recipe recipe, SweepOptions options, SweepData data, IReadOnlyList<GridPoint> points,
        Func<GridPoint, StoredPoint> stored, Func<double> judging, ResamplePlan? resample)
    {
        var work = new SweepWork(recipe, data);
        (GridPoint Point, StoredPoint Stored)[] left = [.. points.Select(point => (point, stored(point))).Where(at => at.Item2.Run == null)];
        string methods = string.Join(", ", points.GroupBy(point => point.Method).Select(method =>
            $"{method.Key} {left.Count(at => at.Point.Method == method.Key)} of {method.Count()}"));
        long training = left.Where(at => !at.Stored.Trained).DistinctBy(at => Grid.Trained(at.Point).Slug).Sum(at => work.Tokens(at.Point));
        long sampled = left.LongCount(at => !at.Stored.Answered) * work.Responses * recipe.Generation.MaxNewTokens;
        int train = left.Count(at => !at.Stored.Trained && at.Point.Method != Grid.Start);
        long again = resample is { IsStored: false } && left.Any(at => at.Point.OnPolicy) ? resample.Prompts * resample.Settings.Responses : 0;
        string[] counted =
        [
            $"runs: {left.Length} to do, {points.Count - left.Length} done; to do by method: {methods}",
            Text($"tokens: {training:N0} to train on, at most {sampled:N0} to sample: each run answers {work.Prompts} test prompts{work.Times} with up to {recipe.Generation.MaxNewTokens} tokens")
                + (recipe.Search != null && work.Prompts > EarlyStopping.Slice ? "; a search's run that is behind for certain answers fewer" : ""),
            $"judges: {string.Join(", ", recipe.Judges.Select((judge, i) => $"{judge.Name} {left.Count(at => !at.Stored.Scored[i])} of {points.Count} runs to score"))}",
            .. resample == null ? [] : new[] { resample.Text(again, recipe.Generation.MaxNewTokens) },
        ];
        if (left.Length == 0)
            return counted;
        TimedStep step = TimedStep.Measure(recipe, options, data);
        double atOnce = options.ResponsesAtOnce, draws = left.Count(at => !at.Stored.Answered) * (work.Responses / work.Prompts);
        double chunks = draws * Math.Ceiling(work.Prompts / atOnce) + Math.Ceiling(again / atOnce);
        double seconds = training / step.TokensPerSecond + chunks * recipe.Generation.MaxNewTokens * step.SecondsPerPosition;
        double gold = judging();
        string ofIt = gold > 0 ? $"; {Duration.Text(gold)} of it train the gold model" : "";
        return
        [
            .. counted,
            Text($"time: about {Duration.Text(seconds + gold)} on {options.Device} if every response is as long as it may be (one step was timed: ")
                + Text($"{step.TokensPerSecond:N0} tokens/s, {step.SecondsPerPosition * 1000:F1} ms a token of {options.ResponsesAtOnce} responses at once){ofIt}"),
            Text($"disk: about {ByteCount.Text(train * step.WeightBytes + step.TrainingBytes)} ({train} × {ByteCount.Text(step.WeightBytes)} of weights, ")
                + Text($"and {ByteCount.Text(step.TrainingBytes)} while a run trains); {Free(options.SweepsFolder)}"),
        ];
    }

    private static string Free(string folder)
    {
        string there = Path.GetFullPath(folder);
        while (!Directory.Exists(there))
            there = Path.GetDirectoryName(there)!;
        return $"{ByteCount.Text(new DriveInfo(there).AvailableFreeSpace)} are free at {there}";
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A round on-policy as a dry run tells it.</summary>
/// <param name="Prompts">Training prompts.</param>
/// <param name="Settings">What the recipe asks for.</param>
/// <param name="IsStored">Its pairs are there.</param>
internal sealed record ResamplePlan(int Prompts, Resampling Settings, bool IsStored)
{
    /// <summary>"resample: 4 responses to each of 48 training prompts, at most 4,608 tokens to sample, pairs chosen by NAME".</summary>
    public string Text(long responses, int newTokens) => string.Create(CultureInfo.InvariantCulture,
        $"resample: {Settings.Responses} responses to each of {Prompts:N0} training prompts, pairs chosen by {Settings.Judge.Name}: ")
        + (IsStored ? "stored" : string.Create(CultureInfo.InvariantCulture, $"at most {responses * newTokens:N0} tokens to sample"));
}
