using static TorchSharp.torch;

namespace Alignment.Models;

/// <summary>In how many bits a model computes.</summary>
internal enum Precision
{
    /// <summary>Everything in float32.</summary>
    Float32,

    /// <summary>
    /// Weights and activations in bfloat16; norms, softmax, log-probs and losses in float32, and in training the optimiser's masters, moments and sums.
    /// </summary>
    BFloat16,
}

/// <summary>How and where a model's weights are held.</summary>
/// <param name="Type">Their dtype.</param>
/// <param name="Device">Their device.</param>
internal sealed record Placement(ScalarType Type, Device Device)
{
    /// <summary>Float32 on the CPU.</summary>
    public static Placement Host { get; } = new(ScalarType.Float32, CPU);

    /// <summary>In a precision, on a device.</summary>
    public static Placement Of(Precision precision, Device device) => new(precision == Precision.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32, device);

    /// <summary>A tensor of zeros there.</summary>
    public Tensor Zeros(params long[] shape) => zeros(shape, Type, Device);

    /// <summary>A tensor of ones there.</summary>
    public Tensor Ones(params long[] shape) => ones(shape, Type, Device);
}
