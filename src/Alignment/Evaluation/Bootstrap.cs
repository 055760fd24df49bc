using System.Runtime.Intrinsics;
using System.Text.Json.Serialization;
using Alignment.Files;

namespace Alignment.Evaluation;

/// <summary>A figure with its 95 % confidence interval (paired bootstrap over prompts); not a number where imported results lack it.</summary>
public sealed record Estimate(
    [property: JsonPropertyName("value"), JsonConverter(typeof(UnknownAsNull))] double Value,
    [property: JsonPropertyName("low"), JsonConverter(typeof(UnknownAsNull))] double Low,
    [property: JsonPropertyName("high"), JsonConverter(typeof(UnknownAsNull))] double High);

/// <summary>
/// Paired percentile bootstrap over prompts (Efron 1979; Koehn 2004 for the pairing); a prompt that stands several times is drawn with all its
/// responses (Davison and Hinkley 1997, 3.8). The resampled prompts are drawn once, from the stream "bootstrap" of the seed, so two runs or
/// methods resampled by equal <see cref="Bootstrap"/>s see the same prompts in every resample.
/// </summary>
internal sealed class Bootstrap
{
    /// <summary>How many resamples are drawn unless told otherwise.</summary>
    public const int DefaultResamples = 2000;

    // means are taken four columns at a time: one indexed load serves four metrics
    private const int Lanes = 4;

    // row-major [resamples, clusters]
    private readonly int[] _drawn;
    // [resamples] positions in the clusters drawn
    private readonly int[] _positions;

    /// <summary>Draws <paramref name="resamples"/> × <paramref name="prompts"/> prompt positions, each a prompt of its own.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A count is not positive.</exception>
    public Bootstrap(int prompts, ulong seed, int resamples = DefaultResamples) : this(PromptClusters.Each(prompts), seed, resamples)
    {
    }

    /// <summary>Draws <paramref name="resamples"/> times as many different prompts as there are; positions of one prompt are drawn together.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A count is not positive.</exception>
    public Bootstrap(PromptClusters clusters, ulong seed, int resamples = DefaultResamples)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(clusters.Count);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(resamples);
        Clusters = clusters;
        Prompts = clusters.Of.Length;
        Resamples = resamples;
        var random = new SeededRandom(seed, "bootstrap");
        _drawn = new int[checked(clusters.Count * resamples)];
        for (int i = 0; i < _drawn.Length; i++)
            _drawn[i] = random.NextInt(clusters.Count);
        int[] sizes = [.. clusters.Sums([.. Enumerable.Repeat(1.0, Prompts)]).Select(size => (int)size)];
        _positions = [.. Enumerable.Range(0, resamples).Select(resample => _drawn.Skip(resample * clusters.Count).Take(clusters.Count).Sum(cluster => sizes[cluster]))];
    }

    /// <summary>Which prompts are one.</summary>
    public PromptClusters Clusters { get; }

    /// <summary>Prompt positions that every column has.</summary>
    public int Prompts { get; }

    /// <summary>Number of resamples.</summary>
    public int Resamples { get; }

    /// <summary>The mean of <paramref name="perPrompt"/> [prompts] with its interval.</summary>
    /// <param name="perPrompt">One value a prompt, by ascending prompt index. For a paired difference, give the differences.</param>
    /// <param name="confidence">Share of resampled means inside the interval, 0 … 1; 1 − 0.05/m corrects for m comparisons (Bonferroni).</param>
    /// <exception cref="ArgumentException">There are not <see cref="Prompts"/> values.</exception>
    public Estimate Mean(double[] perPrompt, double confidence = 0.95) => Means([perPrompt], confidence)[0];

    /// <summary>The means of several <paramref name="columns"/> [metrics][prompts], each as <see cref="Mean"/> gives it.</summary>
    /// <exception cref="ArgumentException">A column does not have <see cref="Prompts"/> values.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The confidence is not between 0 and 1.</exception>
    public Estimate[] Means(IReadOnlyList<double[]> columns, double confidence = 0.95)
    {
        if (!(confidence > 0 && confidence < 1))
            throw new ArgumentOutOfRangeException(nameof(confidence), confidence, "confidence must be between 0 and 1");
        return [.. ResampledMeans(columns).Select((means, column) => Interval(columns[column].Sum() / Prompts, means, confidence))];
    }

    /// <summary>The mean of the column of each of <paramref name="what"/>, found again by what it is of.</summary>
    /// <exception cref="ArgumentException">A column does not have <see cref="Prompts"/> values.</exception>
    public IReadOnlyDictionary<T, Estimate> MeansOf<T>(IReadOnlyList<T> what, Func<T, double[]> column) where T : notnull =>
        what.Zip(Means([.. what.Select(column)])).ToDictionary(pair => pair.First, pair => pair.Second);

    /// <summary>The difference of two means over different prompts, which are resampled apart from each other.</summary>
    /// <param name="minuend">[prompts] values and the resamples of their prompts.</param>
    /// <param name="subtrahend">[other prompts] values and the resamples of theirs, drawn from another seed and as many.</param>
    /// <param name="confidence">As in <see cref="Mean"/>.</param>
    /// <exception cref="ArgumentException">The numbers of resamples differ, or values do not fit their prompts.</exception>
    public static Estimate Difference((double[] Values, Bootstrap Prompts) minuend, (double[] Values, Bootstrap Prompts) subtrahend, double confidence = 0.95)
    {
        if (minuend.Prompts.Resamples != subtrahend.Prompts.Resamples)
            throw new ArgumentException($"two means need as many resamples, got {minuend.Prompts.Resamples} and {subtrahend.Prompts.Resamples}");
        double[] differences = [.. minuend.Prompts.ResampledMeans([minuend.Values])[0].Zip(subtrahend.Prompts.ResampledMeans([subtrahend.Values])[0], (a, b) => a - b)];
        return Interval(minuend.Values.Sum() / minuend.Values.Length - subtrahend.Values.Sum() / subtrahend.Values.Length, differences, confidence);
    }

    /// <summary>The mean of every resample of several <paramref name="columns"/> [metrics][prompts]: [metrics][resamples].</summary>
    /// <exception cref="ArgumentException">A column does not have <see cref="Prompts"/> values.</exception>
    public double[][] ResampledMeans(IReadOnlyList<double[]> columns)
    {
        foreach (double[] column in columns)
            if (column.Length != Prompts)
                throw new ArgumentException($"this bootstrap resamples {Prompts} prompts, was given {column.Length} values", nameof(columns));
        var groups = columns.Chunk(Lanes).ToArray();
        double[][][] means = new double[groups.Length][][];
        Parallel.For(0, groups.Length, group => means[group] = GroupMeans(groups[group]));
        return [.. means.SelectMany(group => group)];
    }

    /// <summary>The mean of every resample, [columns][resamples]; at most four columns.</summary>
    private double[][] GroupMeans(double[][] columns)
    {
        // [clusters] vectors of one value a column
        var rows = new Vector256<double>[Clusters.Count];
        for (int i = 0; i < Prompts; i++)
            for (int lane = 0; lane < columns.Length; lane++)
                rows[Clusters.Of[i]] = rows[Clusters.Of[i]].WithElement(lane, rows[Clusters.Of[i]][lane] + columns[lane][i]);

        double[][] means = [.. columns.Select(_ => new double[Resamples])];
        for (int resample = 0; resample < Resamples; resample++)
        {
            var sum = Vector256<double>.Zero;
            foreach (int cluster in _drawn.AsSpan(resample * Clusters.Count, Clusters.Count))
                sum += rows[cluster];
            for (int lane = 0; lane < columns.Length; lane++)
                means[lane][resample] = sum[lane] / _positions[resample];
        }
        return means;
    }

    private static Estimate Interval(double value, double[] means, double confidence)
    {
        Array.Sort(means);
        double tail = (100 - 100 * confidence) / 2;
        return new Estimate(value, Percentile.Of(means, tail), Percentile.Of(means, 100 - tail));
    }
}
