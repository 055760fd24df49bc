namespace Alignment.Objectives;

/// <summary>What <see cref="PairLogProbs"/> holds, in the arithmetic of a formula: of one pair or of all.</summary>
/// <param name="Policy">p: sums of the policy.</param>
/// <param name="Counts">n: response tokens.</param>
/// <param name="Reference">r: sums of the reference; null where there are none.</param>
internal readonly record struct PairSums<T>(Sides<T> Policy, Sides<T> Counts, Sides<T>? Reference)
    where T : struct, IPairNumber<T>
{
    /// <summary>a = p/n.</summary>
    public Sides<T> Means => Policy / Counts;

    /// <summary>c = p − r.</summary>
    public Sides<T> LogRatios => Policy - Reference!.Value;

    /// <summary>ℓ = p/n − r/n: divided before the difference, as the published implementations round it.</summary>
    public Sides<T> MeanLogRatios => Policy / Counts - Reference!.Value / Counts;
}

/// <summary>A number of the chosen response and the same of the rejected one.</summary>
internal readonly record struct Sides<T>(T Chosen, T Rejected) where T : struct, IPairNumber<T>
{
    /// <summary>Chosen − rejected.</summary>
    public T Margin => Chosen - Rejected;

    public static Sides<T> operator +(Sides<T> x, Sides<T> y) => new(x.Chosen + y.Chosen, x.Rejected + y.Rejected);

    public static Sides<T> operator -(Sides<T> x, Sides<T> y) => new(x.Chosen - y.Chosen, x.Rejected - y.Rejected);

    public static Sides<T> operator /(Sides<T> x, Sides<T> y) => new(x.Chosen / y.Chosen, x.Rejected / y.Rejected);

    public static Sides<T> operator *(Sides<T> x, double y) => new(x.Chosen * y, x.Rejected * y);
}
