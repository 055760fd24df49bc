using Alignment.Files;

namespace Alignment.Evaluation;

/// <summary>
/// What a user who tries some of a method's settings, one run each, picks from this grid as it stands: the best of k random settings, and what
/// another run of the pick is expected to score on other prompts.
/// </summary>
internal sealed class GridPicks
{
    // [settings] best first
    private readonly GridSetting[] _ranked;
    private readonly double[] _means;
    private readonly double[][] _drawn;
    private readonly int[][] _orders;

    /// <summary>Ranks the settings, and ranks them again in every resample of the prompts and of the seeds as far as their noise is known.</summary>
    /// <param name="method">Names the stream of the seeds' noise.</param>
    /// <param name="settings">At least one.</param>
    /// <param name="bootstrap">Resamples the prompts.</param>
    /// <param name="seed">Of the stream.</param>
    /// <param name="noise">What is known of seeds from other settings too; null: from these.</param>
    public GridPicks(string method, IReadOnlyList<GridSetting> settings, Bootstrap bootstrap, ulong seed, SeedNoise? noise = null)
    {
        Noise = noise ?? SeedNoise.Of(settings, bootstrap.Clusters);
        _ranked = [.. settings.OrderByDescending(setting => setting.Column.Sum())];
        _means = [.. _ranked.Select(setting => setting.Column.Sum() / setting.Column.Length)];
        _drawn = bootstrap.ResampledMeans([.. _ranked.Select(setting => setting.Column)]);
        var random = new SeededRandom(seed, $"picks/{method}");
        double deviation = Math.Sqrt(Noise.Variance);
        for (int s = 0; s < _ranked.Length; s++)
        {
            for (int draw = 0; draw < bootstrap.Resamples && deviation > 0; draw++)
                _drawn[s][draw] += deviation / Math.Sqrt(_ranked[s].Runs.Count) * random.NextNormal();
            // around the mean: where there is nothing to pick from nothing is taken off
            double shift = _drawn[s].Average() - _means[s];
            for (int draw = 0; draw < bootstrap.Resamples; draw++)
                _drawn[s][draw] -= shift;
        }

        int[] all = [.. Enumerable.Range(0, _ranked.Length)];
        _orders = [.. Enumerable.Range(0, bootstrap.Resamples).Select(draw => all.OrderByDescending(s => _drawn[s][draw]).ToArray())];
    }

    /// <summary>Settings to pick from.</summary>
    public int Settings => _ranked.Length;

    /// <summary>What training seeds move.</summary>
    public SeedNoise Noise { get; }

    /// <summary>[prompts] the settings' scores, weighted with the chance that each is the best of <paramref name="trials"/> random ones; all where there are fewer.</summary>
    public double[] Column(int trials)
    {
        double[] column = new double[_ranked[0].Column.Length];
        foreach ((int rank, double weight) in Weights(trials).Index())
        {
            double[] scores = _ranked[rank].Column;
            for (int prompt = 0; prompt < column.Length; prompt++)
                column[prompt] += weight * scores[prompt];
        }

        return column;
    }

    /// <summary>
    /// The winner's curse: by how much the pick looks better on the runs and prompts that chose it than it would on others. The optimism bootstrap of
    /// Efron (1983): in each resample, what the resample's pick scores there above what it scores here, on average.
    /// </summary>
    public double Curse(int trials)
    {
        double[] weights = [.. Weights(trials)];
        double sum = 0;
        for (int draw = 0; draw < _orders.Length; draw++)
            for (int rank = 0; rank < weights.Length; rank++)
                sum += weights[rank] * (_drawn[_orders[draw][rank]][draw] - _means[_orders[draw][rank]]);
        return sum / _orders.Length;
    }

    /// <summary>How its seeds are part of a lead, with sign −1 that of another method over it.</summary>
    public CountedSeeds Counted(int trials, int sign = 1) => new(SeedShare(trials), Noise, sign * Curse(trials));

    /// <summary>How many times the variance over seeds is in the mean of <see cref="Column"/>: Σ weight² / runs of the setting.</summary>
    public double SeedShare(int trials) => Weights(trials).Select((weight, rank) => weight * weight / _ranked[rank].Runs.Count).Sum();

    // beyond all settings there is nothing more to try
    private IEnumerable<double> Weights(int trials) => BestOfBudget.Weights(_ranked.Length, Math.Min(trials, _ranked.Length));
}
