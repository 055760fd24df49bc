namespace Alignment.Evaluation;

/// <summary>One setting of a method with what its runs scored.</summary>
/// <param name="Shared">Names the values of the hyperparameters that the methods share: settings of one name are compared with each other.</param>
/// <param name="Runs">[seeds][prompts] scores, at least one run.</param>
internal sealed record GridSetting(string Shared, IReadOnlyList<double[]> Runs)
{
    /// <summary>[prompts] mean over the seeds.</summary>
    public double[] Column { get; } = Runs.Count == 1 ? Runs[0] : [.. Runs[0].Select((_, prompt) => Runs.Average(run => run[prompt]))];
}

/// <summary>How well the variance over training seeds is known.</summary>
internal enum SeedKnowledge
{
    /// <summary>No two runs of the method can be compared.</summary>
    None,

    /// <summary>Not over three repeats: what settings beside each other differ by is counted as noise too, so that the variance is rather too large.</summary>
    AtMost,

    /// <summary>From at least three repeats.</summary>
    Measured,
}

/// <summary>
/// Training seeds as a random effect of one method: the variance of a run's mean score over seeds, pooled over its settings. Every method has its
/// own, since one may be ten times another's.
/// </summary>
/// <param name="Known">Where it comes from.</param>
/// <param name="Between">Mean square between the runs of one setting, on the scale of a run's mean score: seeds and the responses' own noise.</param>
/// <param name="Within">What the responses' own noise adds to it.</param>
/// <param name="Freedom">Degrees of freedom of <paramref name="Between"/>.</param>
internal sealed record SeedNoise(SeedKnowledge Known, double Between, double Within, double Freedom)
{
    private const int Enough = 3;

    /// <summary>Variance over seeds alone, as far as repeats tell; 0 where they do not.</summary>
    public double Variance => Known == SeedKnowledge.Measured ? Math.Max(0, Between - Within) : 0;

    /// <summary>The noise of a method.</summary>
    public static SeedNoise Of(IReadOnlyList<GridSetting> settings, PromptClusters prompts)
    {
        SeedVariation? repeats = SeedVariation.Of(settings.Select(setting => setting.Runs), prompts);
        if (repeats is { Freedom: >= Enough })
            return new SeedNoise(SeedKnowledge.Measured, repeats.Between, repeats.Within, repeats.Freedom);
        var beside = settings.GroupBy(setting => setting.Shared, setting => setting.Runs.Select(run => run.Average()), StringComparer.Ordinal)
            .Select(cell => cell.SelectMany(means => means).ToArray()).Where(cell => cell.Length > 1).ToArray();
        double freedom = beside.Sum(cell => cell.Length - 1.0);
        return freedom == 0 ? new SeedNoise(SeedKnowledge.None, double.NaN, 0, 0)
            : new SeedNoise(SeedKnowledge.AtMost, beside.Sum(Distribution.Squares) / freedom, repeats?.Within ?? 0, freedom);
    }
}
