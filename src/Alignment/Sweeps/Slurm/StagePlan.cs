using System.Globalization;
using Alignment.Recipes;

namespace Alignment.Sweeps.Slurm;

/// <summary>The stages of a sweep in their order. Each is a job of its own, a grid's an array of jobs.</summary>
internal enum Stage
{
    /// <summary>Trains the judges that a recipe trains, and has all judges score the test set's own responses.</summary>
    Judge,

    /// <summary>One SFT point; without SFT, the policy's folder as it is.</summary>
    Sft,

    /// <summary>Chooses the SFT run that preference runs start from.</summary>
    Winner,

    /// <summary>Samples and chooses the pairs of a round on-policy.</summary>
    Resample,

    /// <summary>The log-probs of the training pairs under that run.</summary>
    Reference,

    /// <summary>One point of the methods' grids.</summary>
    Preference,

    /// <summary>Tables, figures and page.</summary>
    Report,
}

/// <summary>A stage that has something to do.</summary>
/// <param name="Stage">Which.</param>
/// <param name="Points">Of a grid, the points by their place in it; null where the stage is one job.</param>
/// <param name="Round">Of a search, which of its rounds, from 1 on.</param>
internal sealed record PlannedStage(Stage Stage, IReadOnlyList<int>? Points, int Round = 1)
{
    /// <summary>Its name on command lines.</summary>
    public string Name => Stage.ToString().ToLowerInvariant();

    /// <summary>Its name in file names.</summary>
    public string FileName => Round == 1 ? Name : string.Create(CultureInfo.InvariantCulture, $"{Name}-round{Round}");

    /// <summary>It computes with models; the others only read what is stored.</summary>
    public bool NeedsDevice => Stage is not (Stage.Winner or Stage.Report);

    /// <summary>
    /// It begins when the points before it have ended, however they did: the winner is the first to say which has no result, the report tells what is missing,
    /// and a search counts a run that diverged as its worst. Every other stage begins only after the success of the one before it.
    /// </summary>
    public bool TakesFailures => Stage is Stage.Winner or Stage.Report || Round > 1;
}

/// <summary>Which stages a recipe still needs, by what is stored.</summary>
internal static class StagePlan
{
    /// <summary>The stages, in their order.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="isStored">Whether a point's run is stored.</param>
    public static IReadOnlyList<PlannedStage> Of(Recipe recipe, Func<GridPoint, bool> isStored)
    {
        IReadOnlyList<IReadOnlyList<GridPoint>> rounds = Sweep.Rounds(recipe);
        int[] sft = Left(Grid.SftPoints(recipe), isStored), preference = Left(rounds.SelectMany(round => round), isStored);
        int first = 0;
        IReadOnlyList<GridPoint> points = Grid.PreferencePoints(recipe);
        List<PlannedStage> stages = [];
        if (sft.Length + preference.Length > 0)
            stages.Add(new(Stage.Judge, null));
        if (sft.Length > 0)
            stages.AddRange([new(Stage.Sft, sft), new(Stage.Winner, null)]);
        if (recipe.Resample != null && preference.Any(place => points[place].OnPolicy))
            stages.Add(new(Stage.Resample, null));
        if (preference.Length > 0 && (recipe.Search == null ? preference.Select(place => points[place]) : points).Any(point => Methods.Objective(point).ReadsReferencePass))
            stages.Add(new(Stage.Reference, null));
        foreach ((int round, IReadOnlyList<GridPoint> members) in rounds.Index())
        {
            int[] left = [.. preference.Where(place => place >= first && place < first + members.Count)];
            first += members.Count;
            if (left.Length > 0)
                stages.Add(new(Stage.Preference, left, round + 1));
        }

        return [.. stages, new(Stage.Report, null)];
    }

    // one job has a training and its averages
    private static int[] Left(IEnumerable<GridPoint> points, Func<GridPoint, bool> isStored) =>
        [.. points.Index().Where(point => !isStored(point.Item)).DistinctBy(point => Grid.Trained(point.Item).Slug).Select(point => point.Index)];
}
