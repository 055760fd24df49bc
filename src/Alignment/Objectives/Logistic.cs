namespace Alignment.Objectives;

/// <summary>The logistic loss that most objectives share.</summary>
internal static class Logistic
{
    /// <summary>−log S(x); finite up to ±1e30 in float32.</summary>
    public static T Loss<T>(T logit) where T : struct, IPairNumber<T> => -T.LogSigmoid(logit);

    /// <summary>−(1−ε) log S(x) − ε log S(−x): the label is wrong with probability ε. At ε = 0 one term: with both, x = ∞ would give 0·∞.</summary>
    public static T Loss<T>(T logit, double smoothing) where T : struct, IPairNumber<T> => smoothing == 0 ? Loss(logit)
        : T.LogSigmoid(logit) * -(1 - smoothing) - T.LogSigmoid(-logit) * smoothing;
}
