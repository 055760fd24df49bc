using Alignment.Recipes;

namespace Alignment.Sweeps;

/// <summary>Where a sweep stands.</summary>
/// <param name="Name">The recipe's name.</param>
/// <param name="Folder">The sweep's folder.</param>
/// <param name="Points">Every point: SFT, then the methods.</param>
/// <param name="SecondsLeft">About what the rest takes, one run after another; null until a run that was trained is finished.</param>
internal sealed record SweepState(string Name, string Folder, IReadOnlyList<PointState> Points, double? SecondsLeft)
{
    /// <summary>Whether a point's run is stored; of what stands for the k-th run of a search, whether that is.</summary>
    public bool IsStored(GridPoint point) => SweepSearch.NumberOf(point) is { } number
        ? Points.Where(state => !Grid.IsBeforeMethods(state.Point)).ElementAtOrDefault(number - 1)?.Run != null
        : Points.Any(state => state.Point.Slug == point.Slug && state.Run != null);
}

/// <summary>Where a point stands.</summary>
/// <param name="Point">The point.</param>
/// <param name="Run">Its run, stored and scored by every judge; null where it is not.</param>
/// <param name="Holder">Who works on it; null: nobody.</param>
/// <param name="Error">Why it failed the last time; null where it did not.</param>
internal sealed record PointState(GridPoint Point, StoredRun? Run, string? Holder, string? Error);
