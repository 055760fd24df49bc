using static TorchSharp.torch;

namespace Alignment.Objectives.OnePass;

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

/// <summary>The numbers of all pairs as one tensor, [pairs]; results belong to the current dispose scope.</summary>
internal readonly record struct TensorNumber(Tensor Value) : IPairNumber<TensorNumber>
{
    public static TensorNumber operator -(TensorNumber x) => new(-x.Value);

    public static TensorNumber operator +(TensorNumber x, TensorNumber y) => new(x.Value + y.Value);

    public static TensorNumber operator -(TensorNumber x, TensorNumber y) => new(x.Value - y.Value);

    public static TensorNumber operator *(TensorNumber x, TensorNumber y) => new(x.Value * y.Value);

    public static TensorNumber operator /(TensorNumber x, TensorNumber y) => new(x.Value / y.Value);

    public static TensorNumber operator +(TensorNumber x, double y) => new(x.Value + y);

    public static TensorNumber operator -(TensorNumber x, double y) => new(x.Value - y);

    public static TensorNumber operator -(double x, TensorNumber y) => new(x - y.Value);

    public static TensorNumber operator *(TensorNumber x, double y) => new(x.Value * y);

    public static TensorNumber operator /(TensorNumber x, double y) => new(x.Value / y);

    public static TensorNumber Sigmoid(TensorNumber x) => new(sigmoid(x.Value));

    public static TensorNumber LogSigmoid(TensorNumber x) => new(nn.functional.logsigmoid(x.Value));

    public static TensorNumber Exp(TensorNumber x) => new(x.Value.exp());

    public static TensorNumber ExpM1(TensorNumber x) => new(x.Value.expm1());

    public static TensorNumber Log(TensorNumber x) => new(x.Value.log());

    public static TensorNumber Square(TensorNumber x) => new(x.Value.square());

    public static TensorNumber Relu(TensorNumber x) => new(x.Value.relu());

    public static TensorNumber AtMost(TensorNumber x, double limit) => new(x.Value.clamp_max(limit));
}

/// <summary>A formula on all pairs through libtorch, with autograd's gradient: any device, and the readable twin of <see cref="OnePassLoss"/>.</summary>
internal static class TensorLoss
{
    /// <summary>Losses and rewards; differentiable with respect to the policy's sums.</summary>
    public static PairLosses Of(PairwiseObjective objective, PairLogProbs pairs)
    {
        using var scope = NewDisposeScope();
        ScalarType type = pairs.Chosen.dtype;
        Sides<TensorNumber>? reference = pairs.ReferenceChosen is { } chosen && pairs.ReferenceRejected is { } rejected ? Both(chosen, rejected) : null;
        PairTerms<TensorNumber> terms = objective.Of(new PairSums<TensorNumber>(
            Both(pairs.Chosen, pairs.Rejected), Both(pairs.ChosenCounts.to(type), pairs.RejectedCounts.to(type)), reference));
        return PairLosses.Outward(terms.Loss.Value, terms.Rewards.Chosen.Value, terms.Rewards.Rejected.Value);
    }

    private static Sides<TensorNumber> Both(Tensor chosen, Tensor rejected) => new(new(chosen), new(rejected));
}
