using System.Globalization;

namespace Alignment.Sweeps.Slurm;

/// <summary>Where a sweep stands, in lines: its points by the store, its jobs by Slurm.</summary>
internal static class SlurmStatus
{
    /// <summary>A line a method, then what failed, how long the rest takes, and the jobs.</summary>
    /// <param name="state">By the store.</param>
    /// <param name="submitted">The last submission; null where there was none.</param>
    /// <param name="queue">The user's jobs.</param>
    public static IReadOnlyList<string> Lines(SweepState state, SubmittedJobs? submitted, IReadOnlyList<QueuedJob> queue)
    {
        int running = state.Points.Count(IsRunning), left = state.Points.Count(point => point.Run == null);
        return
        [
            $"{state.Name}: {state.Points.Count - left} of {state.Points.Count} points done, {running} running, {state.Points.Count(HasFailed)} failed; {state.Folder}",
            .. state.Points.GroupBy(point => point.Point.Method).Select(method => string.Create(CultureInfo.InvariantCulture,
                $"  {method.Key,-12} {method.Count(point => point.Run != null),4} of {method.Count()} done, {method.Count(IsRunning)} running, {method.Count(HasFailed)} failed")),
            .. state.Points.Where(IsRunning).Select(point => $"running: {point.Point.Slug}: {point.Holder}"),
            .. state.Points.Where(HasFailed).Select(point => $"failed: {point.Point.Slug}: {point.Error}"),
            .. left == 0 ? [] : new[] { TimeLeft(state, Math.Min(left, Math.Max(1, running))) },
            .. (submitted?.Stages ?? []).Select(stage => Job(stage, queue)),
            .. left == 0 && Directory.Exists(state.Folder) && File.Exists(Report(state)) ? new[] { $"report: {Report(state)}" } : [],
        ];
    }

    private static string Report(SweepState state) => Path.Combine(state.Folder, "report.html");

    private static bool IsRunning(PointState point) => point.Run == null && point.Holder != null;

    private static bool HasFailed(PointState point) => point.Run == null && point.Holder == null && point.Error != null;

    private static string TimeLeft(SweepState state, int together) => state.SecondsLeft is not { } seconds ? "time left: known when a run that was trained is finished"
        : $"time left: about {Duration.Text(seconds / together)} with {(together == 1 ? "one run" : string.Create(CultureInfo.InvariantCulture, $"{together} runs"))} at a time";

    private static string Job(SubmittedStage stage, IReadOnlyList<QueuedJob> queue)
    {
        QueuedJob[] jobs = [.. queue.Where(job => job.Job == stage.Job)];
        IEnumerable<string> states = jobs.GroupBy(job => job.State).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group => $"{group.Count()} {group.Key.ToLowerInvariant()}");
        int ended = stage.Count - jobs.Length;
        return $"job {stage.Job}: {stage.Stage}, {string.Join(", ", states.Concat(ended > 0 ? [$"{ended} ended"] : []))}";
    }
}
