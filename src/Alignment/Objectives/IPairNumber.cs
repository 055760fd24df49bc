namespace Alignment.Objectives;

/// <summary>
/// The arithmetic in which objectives are written. On <see cref="TensorNumber"/> a formula takes all pairs through libtorch and its autograd, on any
/// device; on <see cref="Dual{TPrecision}"/> it takes one pair and gives the gradient in the same pass.
/// </summary>
internal interface IPairNumber<T> where T : struct, IPairNumber<T>
{
    static abstract T operator -(T x);

    static abstract T operator +(T x, T y);

    static abstract T operator -(T x, T y);

    static abstract T operator *(T x, T y);

    static abstract T operator /(T x, T y);

    static abstract T operator +(T x, double y);

    static abstract T operator -(T x, double y);

    static abstract T operator -(double x, T y);

    static abstract T operator *(T x, double y);

    static abstract T operator /(T x, double y);

    /// <summary>S(x) = 1 / (1 + e⁻ˣ).</summary>
    static abstract T Sigmoid(T x);

    /// <summary>log S(x), which does not overflow.</summary>
    static abstract T LogSigmoid(T x);

    /// <summary>eˣ.</summary>
    static abstract T Exp(T x);

    /// <summary>eˣ − 1, with all digits near 0.</summary>
    static abstract T ExpM1(T x);

    /// <summary>The natural logarithm.</summary>
    static abstract T Log(T x);

    /// <summary>x².</summary>
    static abstract T Square(T x);

    /// <summary>max(0, x); the slope at 0 is 0.</summary>
    static abstract T Relu(T x);

    /// <summary>min(x, limit); the slope at the limit is 1.</summary>
    static abstract T AtMost(T x, double limit);
}
