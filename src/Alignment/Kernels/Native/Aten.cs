using Alignment.Kernels.Attention;
using Alignment.Kernels.Layers;
using Alignment.Kernels.Optimiser;
using TorchSharp;
using static Alignment.Kernels.Native.AtenDispatcher;
using static TorchSharp.torch;

namespace Alignment.Kernels.Native;

/// <summary>
/// Fused operators of libtorch that TorchSharp does not bind. All work with autograd where libtorch's do, on the device of their inputs; a refused
/// call throws <see cref="InvalidOperationException"/> with the operator's name. <see cref="PlainAten"/> holds their readable twins.
/// </summary>
public static class Aten
{
    /// <summary>weight · x / √(mean(x²) + epsilon) over the last axis (Zhang and Sennrich 2019), computed in float32 for narrower types.</summary>
    /// <param name="x">[…, width].</param>
    /// <param name="weight">[width].</param>
    /// <param name="epsilon">Added to the mean square; &gt; 0.</param>
    public static Tensor RmsNorm(Tensor x, Tensor weight, double epsilon)
    {
        if (!Simd.Serve(x) || weight.dtype != ScalarType.Float32 || x.shape[^1] != weight.shape[0]) // libtorch has the words for a shape that does not fit
            return Tensor("aten::rms_norm", Argument(x), Argument([weight.shape[0]]), Optional(Argument(weight)), Optional(Argument(epsilon)));
        return RmsNormFunction.Of(x, weight, epsilon);
    }

    /// <summary>Rows of a table; its gradient is one pass over the table, where that of index_select is one operator call per row.</summary>
    /// <param name="table">[entries, width].</param>
    /// <param name="indices">[…] int64 in 0 … entries − 1.</param>
    /// <returns>[…, width].</returns>
    public static Tensor Embedding(Tensor table, Tensor indices) =>
        Tensor("aten::embedding", Argument(table), Argument(indices), Argument(-1L), Argument(false), Argument(false));

    /// <summary>
    /// softmax(q kᵀ · scale + mask) v for each head (Vaswani et al. 2017, eq. 1). Query head h reads key head h / (heads / keyHeads).
    /// </summary>
    /// <param name="query">[rows, heads, length, headWidth].</param>
    /// <param name="key">[rows, keyHeads, keys, headWidth]; keyHeads divides heads.</param>
    /// <param name="value">[rows, keyHeads, keys, headWidth].</param>
    /// <param name="mask">What each query sees.</param>
    /// <returns>[rows, heads, length, headWidth].</returns>
    public static Tensor ScaledDotProductAttention(Tensor query, Tensor key, Tensor value, AttentionMask mask)
    {
        using var scope = NewDisposeScope();
        bool grouped = query.shape[1] != key.shape[1];
        if (grouped && query.device_type == DeviceType.CPU)
        {
            // libtorch's CPU flash kernel does not serve grouped heads; its fallback forms all scores
            (key, value) = (PlainAten.RepeatHeads(key, query.shape[1]), PlainAten.RepeatHeads(value, query.shape[1]));
            grouped = false;
        }
        return Tensor("aten::scaled_dot_product_attention", Argument(query), Argument(key), Argument(value),
            mask.Bias is null ? None : Optional(Argument(mask.Bias)), Argument(0.0), Argument(mask.Causal),
            mask.Scale is null ? None : Optional(Argument(mask.Scale.Value)), Argument(grouped)).MoveToOuterDisposeScope();
    }

    /// <summary>Multiplies every tensor in place by a scalar tensor, in one call.</summary>
    /// <param name="tensors">Of one dtype and device.</param>
    /// <param name="factor">[] of the same dtype.</param>
    public static void Multiply(Tensor[] tensors, Tensor factor) => Run("aten::_foreach_mul_.Tensor", Argument(tensors), Argument(factor));

    /// <summary>One step of AdamW (Loshchilov and Hutter 2019) in place over all parameters, in one call.</summary>
    /// <param name="tensors">Parameters, gradients and moments; all of one dtype and device.</param>
    /// <param name="steps">One float32 scalar per parameter, already counting this step.</param>
    /// <param name="rates">Rates of this step.</param>
    public static void AdamWStep(AdamWTensors tensors, Tensor[] steps, AdamWRates rates) => Run("aten::_fused_adamw_",
        Argument(tensors.Parameters), Argument(tensors.Gradients), Argument(tensors.FirstMoments), Argument(tensors.SecondMoments),
            Argument(default(ReadOnlySpan<Tensor>)),
        Argument(steps), Argument(rates.LearningRate), Argument(rates.Beta1), Argument(rates.Beta2), Argument(rates.WeightDecay),
            Argument(rates.Epsilon),
        Argument(false), Argument(false), None, None);
}
