using TorchSharp;
using static Alignment.Kernels.Native.AtenDispatcher;
using static TorchSharp.torch;

namespace Alignment.Kernels.LogProbs;

/// <summary>
/// rows · columnsᵀ of narrow factors, summed and given in float32. A logit of 20 that is rounded to bfloat16 is off by up to 0.06, and a response's log-prob
/// adds up one such error a token.
/// </summary>
internal static class NarrowProduct
{
    /// <summary>Whether the numbers of a tensor are narrower than float32.</summary>
    public static bool Serves(Tensor rows) => rows.dtype is ScalarType.BFloat16 or ScalarType.Float16;

    /// <summary>Writes the product into a matrix; without a gradient of its own.</summary>
    /// <param name="result">[rows, outputs] float32, contiguous.</param>
    /// <param name="rows">[rows, inner].</param>
    /// <param name="columns">[outputs, inner], of the dtype of <paramref name="rows"/>.</param>
    public static void Into(Tensor result, Tensor rows, Tensor columns)
    {
        using var scope = NewDisposeScope();
        if (rows.device_type == DeviceType.CUDA)
            Tensor("aten::mm.dtype_out", Argument(rows), Argument(columns.t()), Argument((long)ScalarType.Float32), Argument(result));
        else // which has no such product: wider copies of a tile's factors
            result.addmm_(rows.to(ScalarType.Float32), columns.to(ScalarType.Float32).t(), 0, 1);
    }

    /// <summary>[…, inner] rows and [outputs, inner] columns → […, outputs] float32; without a gradient.</summary>
    public static Tensor Of(Tensor rows, Tensor columns)
    {
        using var scope = NewDisposeScope();
        Tensor flat = rows.reshape(-1, columns.shape[1]), result = empty(flat.shape[0], columns.shape[0], ScalarType.Float32, rows.device);
        Into(result, flat, columns);
        return result.view([.. rows.shape[..^1], columns.shape[0]]).MoveToOuterDisposeScope();
    }
}
