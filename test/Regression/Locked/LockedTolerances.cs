namespace Alignment.Tests.Regression;

/// <summary>
/// How far a computed number may move: each column's relative share of what was locked, and its absolute part. They are what was seen between libtorch's
/// instruction sets (ATEN_CPU_CAPABILITY default, avx2, avx512; .NET's with and without vectors; one thread and two), ten times of it where training
/// is short and five times where it is long.
/// </summary>
/// <param name="Columns">Column → share and absolute part.</param>
internal sealed record LockedTolerances(IReadOnlyDictionary<string, Tolerance> Columns)
{
    /// <summary>
    /// Training so long that it amplifies rounding: a run's steps, and its texts, are then judged by their means too, within the noise of the paired
    /// differences and these; null where it is short, and each number stands for itself.
    /// </summary>
    public LockedTolerances? Means { get; private init; }

    // the digits of the text
    private static readonly Tolerance s_written = new(1e-7, 0);

    /// <summary>A few steps of a tiny model.</summary>
    public static LockedTolerances Micro { get; } = new(new Dictionary<string, Tolerance>
    {
        [SweepTables.LearningRate] = new(1e-7, 0),
        [SweepTables.Loss] = new(0, 1e-5),
        [SweepTables.GradientNorm] = new(0, 1e-5),
        [SweepTables.Margin] = new(0, 2e-5),
        [SweepTables.Chosen] = new(0, 5e-4),
        [SweepTables.Rejected] = new(0, 5e-4),
        [SweepTables.Kl] = new(0, 5e-5),
        [SweepTables.Gold] = new(1e-6, 1e-6),
    });

    /// <summary>Hundreds of steps.</summary>
    public static LockedTolerances Long { get; } = new(new Dictionary<string, Tolerance>
    {
        [SweepTables.LearningRate] = new(1e-7, 0),
        [SweepTables.Loss] = new(0, 0.2),
        [SweepTables.GradientNorm] = new(1, 2),
        [SweepTables.Margin] = new(0, 0.6),
        [SweepTables.Chosen] = new(0, 12),
        [SweepTables.Rejected] = new(1, 60),
        [SweepTables.Gold] = new(0, 0.1),
    })
    { Means = Micro };

    /// <summary>How far a number of a column may move; of what is sampled, apart from the sampling's noise.</summary>
    public double Of(string column, double locked) => Columns.TryGetValue(column, out Tolerance? tolerance) ? tolerance.Of(locked) : s_written.Of(locked);
}
