namespace Alignment.Tests.Regression;

/// <summary>
/// How far a computed number may move: each column's relative share of what was locked, and its absolute part. They are ten times what was seen between
/// libtorch's instruction sets (ATEN_CPU_CAPABILITY default, avx2, avx512; .NET's with and without vectors; one thread and two).
/// </summary>
/// <param name="Columns">Column → share and absolute part.</param>
internal sealed record LockedTolerances(IReadOnlyDictionary<string, Tolerance> Columns)
{
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

    /// <summary>Hundreds of steps: training amplifies rounding.</summary>
    public static LockedTolerances Long { get; } = new(new Dictionary<string, Tolerance>
    {
        [SweepTables.LearningRate] = new(1e-7, 0),
        [SweepTables.Loss] = new(0.02, 0.02),
        [SweepTables.GradientNorm] = new(0.2, 0.05),
        [SweepTables.Margin] = new(0.2, 0.05),
        [SweepTables.Chosen] = new(0.1, 1),
        [SweepTables.Rejected] = new(0.1, 1),
        [SweepTables.Gold] = new(0, 0.1),
    });

    /// <summary>How far a number of a column may move; of what is sampled, apart from the sampling's noise.</summary>
    public double Of(string column, double locked) => Columns.TryGetValue(column, out Tolerance? tolerance) ? tolerance.Of(locked) : s_written.Of(locked);
}
