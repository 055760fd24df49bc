using Alignment.Kernels.Native;
using static TorchSharp.torch;

namespace Alignment.Kernels.Layers;

/// <summary>
/// x · weightᵀ + bias for one token of each row, as decoding with a cache needs it: so few rows that the weight's way through the cache is most of the work, and a
/// library's packing of it all of that once more. Four rows and four outputs at a time read the weight where it lies. CPU with AVX2 at least, float32, without a
/// gradient; sums do not depend on the number of threads or rows. <c>torch.nn.functional.linear</c> is the readable twin.
/// </summary>
internal static unsafe class TokenProduct
{
    /// <summary>Most rows: with more of them a library's packing pays, and oneDNN's products win (bench/README.md).</summary>
    public const long MostRows = 32;

    private const long WorkOfThread = 1L << 16; // products

    /// <summary>Whether this is one token of each of few rows, [rows, 1, inputs], of whole vectors.</summary>
    public static bool Serves(Tensor x, Tensor weight) => !is_grad_enabled() && RowDots.Serves(x)
        && x.shape is [<= MostRows, 1, _] && weight.is_contiguous();

    /// <summary>[rows, 1, outputs].</summary>
    /// <param name="x">[rows, 1, inputs] float32.</param>
    /// <param name="weight">[outputs, inputs] float32, contiguous.</param>
    /// <param name="bias">[outputs] float32, or null.</param>
    public static Tensor Of(Tensor x, Tensor weight, Tensor? bias)
    {
        using var scope = NewDisposeScope();
        (int rows, int inputs, int outputs) = ((int)x.shape[0], (int)x.shape[2], (int)weight.shape[0]);
        Tensor result = empty(rows, 1, outputs);
        var at = new Pointers(AtenDispatcher.Floats(x.contiguous()), AtenDispatcher.Floats(weight), bias is null ? null : AtenDispatcher.Floats(bias.contiguous()),
            AtenDispatcher.Floats(result));
        long tiles = (outputs + RowDots.Rows - 1) / RowDots.Rows;
        ParallelRows.For(tiles, Math.Max(1, WorkOfThread / ((long)rows * inputs * RowDots.Rows)), (begin, end) =>
        {
            for (long tile = begin; tile < end; tile++)
                Outputs(at, rows, (inputs, outputs), (int)tile * RowDots.Rows);
        });
        return result.MoveToOuterDisposeScope();
    }

    // some outputs of all rows
    private static void Outputs(Pointers at, int rows, (int Inputs, int Outputs) size, int first)
    {
        int count = Math.Min(RowDots.Rows, size.Outputs - first);
        var weights = new FourRows(at.Weight + (long)first * size.Inputs, size.Inputs, count);
        float* sums = stackalloc float[RowDots.Rows * RowDots.Rows];
        for (int row = 0; row < rows; row += RowDots.Rows)
        {
            int own = Math.Min(RowDots.Rows, rows - row);
            RowDots.Of(new(at.X + (long)row * size.Inputs, size.Inputs, own), weights, sums, size.Inputs);
            for (int i = 0; i < own; i++)
                for (int output = 0; output < count; output++)
                    at.Result[(long)(row + i) * size.Outputs + first + output] = sums[i * RowDots.Rows + output] + (at.Bias == null ? 0 : at.Bias[first + output]);
        }
    }

    private readonly struct Pointers(float* x, float* weight, float* bias, float* result)
    {
        public float* X => x;

        public float* Weight => weight;

        public float* Bias => bias;

        public float* Result => result;
    }
}
