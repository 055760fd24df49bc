namespace Alignment.Objectives.OnePass;

/// <summary>
/// A number of one pair, and its slopes with respect to the policy's two sums (forward-mode differentiation). Every result is rounded as
/// a tensor's would be, so that digits that the tensors lose are lost here, too.
/// </summary>
/// <param name="Value">The number.</param>
/// <param name="ByChosen">∂/∂p_w.</param>
/// <param name="ByRejected">∂/∂p_l.</param>
internal readonly record struct Dual<TPrecision>(double Value, double ByChosen, double ByRejected) : IPairNumber<Dual<TPrecision>>
    where TPrecision : IPrecision
{
    /// <summary>A number that depends on neither.</summary>
    public static Dual<TPrecision> Constant(double value) => new(value, 0, 0);

    public static Dual<TPrecision> operator -(Dual<TPrecision> x) => new(-x.Value, -x.ByChosen, -x.ByRejected);

    public static Dual<TPrecision> operator +(Dual<TPrecision> x, Dual<TPrecision> y) =>
        new(Round(x.Value + y.Value), x.ByChosen + y.ByChosen, x.ByRejected + y.ByRejected);

    public static Dual<TPrecision> operator -(Dual<TPrecision> x, Dual<TPrecision> y) =>
        new(Round(x.Value - y.Value), x.ByChosen - y.ByChosen, x.ByRejected - y.ByRejected);

    public static Dual<TPrecision> operator *(Dual<TPrecision> x, Dual<TPrecision> y) =>
        new(Round(x.Value * y.Value), x.ByChosen * y.Value + y.ByChosen * x.Value, x.ByRejected * y.Value + y.ByRejected * x.Value);

    public static Dual<TPrecision> operator /(Dual<TPrecision> x, Dual<TPrecision> y)
    {
        double value = Round(x.Value / y.Value);
        return new(value, (x.ByChosen - y.ByChosen * value) / y.Value, (x.ByRejected - y.ByRejected * value) / y.Value);
    }

    public static Dual<TPrecision> operator +(Dual<TPrecision> x, double y) => x with { Value = Round(x.Value + Round(y)) };

    public static Dual<TPrecision> operator -(Dual<TPrecision> x, double y) => x with { Value = Round(x.Value - Round(y)) };

    public static Dual<TPrecision> operator -(double x, Dual<TPrecision> y) => new(Round(Round(x) - y.Value), -y.ByChosen, -y.ByRejected);

    public static Dual<TPrecision> operator *(Dual<TPrecision> x, double y) => new(Round(x.Value * Round(y)), x.ByChosen * y, x.ByRejected * y);

    public static Dual<TPrecision> operator /(Dual<TPrecision> x, double y) => new(Round(x.Value / Round(y)), x.ByChosen / y, x.ByRejected / y);

    public static Dual<TPrecision> Sigmoid(Dual<TPrecision> x)
    {
        double value = Sigmoid(x.Value);
        return x.Chain(value, value * Sigmoid(-x.Value));
    }

    public static Dual<TPrecision> LogSigmoid(Dual<TPrecision> x)
    {
        double power = Math.Exp(-Math.Abs(x.Value));
        return x.Chain(Math.Min(x.Value, 0) - LogP1(power), (x.Value > 0 ? power : 1) / (1 + power));
    }

    public static Dual<TPrecision> Exp(Dual<TPrecision> x)
    {
        double value = Math.Exp(x.Value);
        return x.Chain(value, value);
    }

    public static Dual<TPrecision> ExpM1(Dual<TPrecision> x) => x.Chain(ExpM1(x.Value), Math.Exp(x.Value));

    public static Dual<TPrecision> Log(Dual<TPrecision> x) => x.Chain(Math.Log(x.Value), 1 / x.Value);

    public static Dual<TPrecision> Square(Dual<TPrecision> x) => x.Chain(x.Value * x.Value, 2 * x.Value);

    public static Dual<TPrecision> Relu(Dual<TPrecision> x) => x.Value <= 0 ? Constant(0) : x; // NaN stays NaN

    public static Dual<TPrecision> AtMost(Dual<TPrecision> x, double limit) => x.Value > limit ? Constant(limit) : x;

    private Dual<TPrecision> Chain(double value, double slope) => new(Round(value), ByChosen * slope, ByRejected * slope);

    private static double Round(double x) => TPrecision.Round(x);

    private static double Sigmoid(double x)
    {
        double power = Math.Exp(-Math.Abs(x));
        return (x < 0 ? power : 1) / (1 + power);
    }

    // log(1 + x) and eˣ − 1 with all digits near 0: the rounding of 1 + x and of eˣ cancels in the quotient (Kahan); double.LogP1 and double.ExpM1 lose them
    private static double LogP1(double x)
    {
        double sum = 1 + x;
        return sum == 1 ? x : Math.Log(sum) * x / (sum - 1);
    }

    private static double ExpM1(double x)
    {
        double power = Math.Exp(x);
        return power == 1 ? x : power is 0 or double.PositiveInfinity ? power - 1 : (power - 1) * x / Math.Log(power);
    }
}

/// <summary>How numbers are rounded.</summary>
internal interface IPrecision
{
    static abstract double Round(double x);
}

/// <summary>As float32 is.</summary>
internal readonly struct SinglePrecision : IPrecision
{
    public static double Round(double x) => (float)x;
}

/// <summary>As float64 is.</summary>
internal readonly struct DoublePrecision : IPrecision
{
    public static double Round(double x) => x;
}
