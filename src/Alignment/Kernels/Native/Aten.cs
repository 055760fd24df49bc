using TorchSharp;
using static Alignment.Kernels.Native.AtenDispatcher;
using static TorchSharp.torch;

namespace Alignment.Kernels.Native;

/// <summary>
/// Operators of libtorch that TorchSharp does not bind and more than one story takes. They work with autograd where libtorch's do, on the device of
/// their inputs; a refused call throws <see cref="InvalidOperationException"/> with the operator's name.
/// </summary>
internal static class Aten
{
    /// <summary>Rows of a table; its gradient is one pass over the table, where that of index_select is one operator call per row.</summary>
    /// <param name="table">[entries, width].</param>
    /// <param name="indices">[…] int64 in 0 … entries − 1.</param>
    /// <returns>[…, width].</returns>
    public static Tensor Embedding(Tensor table, Tensor indices)
    {
        if (table.device_type != DeviceType.CPU || table.dtype is ScalarType.Float32 or ScalarType.Float64)
            return Rows(table, indices);
        using var scope = NewDisposeScope();
        // the CPU's backward pass adds up in the table's own type, in which a frequent token's sum would stand still
        return Rows(table.to(ScalarType.Float32), indices).to(table.dtype).MoveToOuterDisposeScope();
    }

    private static Tensor Rows(Tensor table, Tensor indices) =>
        Tensor("aten::embedding", Argument(table), Argument(indices), Argument(-1L), Argument(false), Argument(false));

    /// <summary>Makes a tensor another one's storage, shape and strides, in place; its gradient and whether it needs one stay. Under no_grad.</summary>
    /// <param name="tensor">Changed.</param>
    /// <param name="source">Of the same dtype and device; both then share its numbers.</param>
    public static void Point(Tensor tensor, Tensor source) => Tensor("aten::set_.source_Tensor", Argument(tensor), Argument(source)).Dispose();

    /// <summary>Multiplies every tensor in place by a scalar tensor, in one call.</summary>
    /// <param name="tensors">Of one dtype and device.</param>
    /// <param name="factor">[] of the same dtype.</param>
    public static void Multiply(Tensor[] tensors, Tensor factor) => Run("aten::_foreach_mul_.Tensor", Argument(tensors), Argument(factor));
}
