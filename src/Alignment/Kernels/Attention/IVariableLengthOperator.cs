using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Kernels.Attention;

/// <summary>An operator of libtorch that computes attention of sequences of different lengths, laid one behind another, in one call.</summary>
internal interface IVariableLengthOperator
{
    /// <summary>Whether several query heads may read one key head; else every query head needs a key head of its own.</summary>
    bool ServesGroups { get; }

    /// <summary>The mix of values [tokens, heads, headWidth], and three tensors that the backward pass reads; they belong to the caller's scope.</summary>
    /// <param name="inputs">Queries [tokens, heads, headWidth]; keys and values [keys, keyHeads, headWidth].</param>
    /// <param name="layout">Where the sequences lie.</param>
    VariableLengthOutput Forward(QueryKeyValue inputs, PackedLayout layout);

    /// <summary>The gradients, in the shapes of the inputs; they belong to the caller's scope.</summary>
    /// <param name="inputs">As in <see cref="Forward"/>.</param>
    /// <param name="output">What it gave.</param>
    /// <param name="gradient">[tokens, heads, headWidth].</param>
    /// <param name="layout">As in <see cref="Forward"/>.</param>
    QueryKeyValue Backward(QueryKeyValue inputs, VariableLengthOutput output, Tensor gradient, PackedLayout layout);
}

/// <summary>What the forward pass of an <see cref="IVariableLengthOperator"/> gives.</summary>
/// <param name="Mixed">[tokens, heads, headWidth].</param>
/// <param name="Kept">Log-normalisers, and the two numbers of dropout, which is not used.</param>
internal sealed record VariableLengthOutput(Tensor Mixed, Tensor[] Kept)
{
    public const int KeptTensors = 3;
}

/// <summary>Which operator serves which tensors.</summary>
internal static class VariableLengthOperators
{
    private const int Ampere = 8; // of the compute capability: flash's kernels and bfloat16 need it
    private const long WidthUnit = 8, MostFlashWidth = 256;

    /// <summary>The operator for tensors like this one; null where none serves: on the CPU, in float64, with heads of odd widths.</summary>
    /// <param name="like">Gives dtype and device.</param>
    /// <param name="headWidth">Of queries, keys and values.</param>
    public static IVariableLengthOperator? For(Tensor like, long headWidth) => like.device_type != DeviceType.CUDA ? null
        : For(like.dtype, headWidth, Native.CudaMemory.Generation(Math.Max(0, like.device_index)) ?? 0);

    /// <summary>As <see cref="For(Tensor, long)"/>, of a CUDA device by the first number of its compute capability.</summary>
    internal static IVariableLengthOperator? For(ScalarType type, long headWidth, int generation) => (type, generation >= Ampere) switch
    {
        _ when headWidth % WidthUnit != 0 => null,
        (ScalarType.BFloat16 or ScalarType.Float16, true) when headWidth <= MostFlashWidth => FlashOperator.Instance,
        (ScalarType.Float32 or ScalarType.Float16, _) or (ScalarType.BFloat16, true) => EfficientOperator.Instance,
        _ => null,
    };
}
