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
    private readonly Lazy<double[][]> _drawn;
    private readonly Dictionary<int, double> _curses = []; // by trials: each sorts all settings in every resample

    /// <summary>Ranks the settings.</summary>
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
        _drawn = new(() => Drawn(bootstrap, new SeededRandom(seed, $"picks/{method}")));
    }

    /// <summary>Settings to pick from.</summary>
    public int Settings => _ranked.Length;

    /// <summary>What training seeds move.</summary>
    public SeedNoise Noise { get; }

    /// <summary>
    /// [prompts] the settings' scores, weighted with the chance that each is the best of as many random ones as a budget has trials (all where there are
    /// fewer), on average over <paramref name="budgets"/>.
    /// </summary>
    public double[] Column(params IReadOnlyList<int> budgets)
    {
        double[] column = new double[_ranked[0].Column.Length];
        foreach ((int rank, double weight) in Weights(budgets).Index().Where(setting => setting.Item > 0))
        {
            double[] scores = _ranked[rank].Column;
            for (int prompt = 0; prompt < column.Length; prompt++)
                column[prompt] += weight * scores[prompt];
        }

        return column;
    }

    /// <summary>
    /// The winner's curse: by how much the pick looks better on the runs and prompts that chose it than it would on others. The optimism bootstrap of
    /// Efron (1983): in each resample, what the resample's pick scores there above what it scores here, on average, also over <paramref name="budgets"/>.
    /// </summary>
    public double Curse(params IReadOnlyList<int> budgets) =>
        budgets.Average(trials => _curses.TryGetValue(trials, out double known) ? known : _curses[trials] = Optimism(trials));

    private double Optimism(int trials)
    {
        // one at random is no pick
        if (trials == 1 || _ranked.Length == 1)
            return 0;
        double[] weights = Weights([trials]);
        double[][] drawn = _drawn.Value;
        int[] order = [.. Enumerable.Range(0, _ranked.Length)];
        double sum = 0;
        for (int draw = 0; draw < drawn[0].Length; draw++)
        {
            Array.Sort(order, (a, b) => drawn[b][draw].CompareTo(drawn[a][draw]));
            // of two or more the last is never the best: its weight is 0
            for (int rank = 0; weights[rank] > 0; rank++)
                sum += weights[rank] * (drawn[order[rank]][draw] - _means[order[rank]]);
        }

        return sum / drawn[0].Length;
    }

    /// <summary>How its seeds are part of a lead, with sign −1 that of another method over it.</summary>
    public CountedSeeds Counted(IReadOnlyList<int> budgets, int sign = 1) => new(SeedShare(budgets), Noise, sign * Curse(budgets));

    /// <summary>How many times the variance over seeds is in the mean of <see cref="Column"/>: Σ weight² / runs of the setting.</summary>
    public double SeedShare(params IReadOnlyList<int> budgets) => Weights(budgets).Select((weight, rank) => weight * weight / _ranked[rank].Runs.Count).Sum();

    // [settings][resamples] what a setting scores on other prompts with other seeds, as far as their noise is known
    private double[][] Drawn(Bootstrap bootstrap, SeededRandom random)
    {
        double[][] drawn = bootstrap.ResampledMeans([.. _ranked.Select(setting => setting.Column)]);
        double deviation = Math.Sqrt(Noise.Variance);
        for (int s = 0; s < drawn.Length; s++)
        {
            for (int draw = 0; draw < drawn[s].Length && deviation > 0; draw++)
                drawn[s][draw] += deviation / Math.Sqrt(_ranked[s].Runs.Count) * random.NextNormal();
            // around the mean: where there is nothing to pick from nothing is taken off
            double shift = drawn[s].Average() - _means[s];
            for (int draw = 0; draw < drawn[s].Length; draw++)
                drawn[s][draw] -= shift;
        }

        return drawn;
    }

    // [settings], best first; beyond all settings there is nothing more to try
    private double[] Weights(IReadOnlyList<int> budgets)
    {
        double[] weights = new double[_ranked.Length];
        foreach (int trials in budgets)
            foreach ((int rank, double weight) in BestOfBudget.Weights(_ranked.Length, Math.Min(trials, _ranked.Length)).Index())
                weights[rank] += weight / budgets.Count;
        return weights;
    }
}
