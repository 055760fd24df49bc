using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Alignment.Models;

/// <summary>
/// Rotary positions (Su et al. 2021, eq. 34) in the half-split layout of Hugging Face: element i of a head turns with element i + headWidth / 2
/// by the angle position · theta^(−2i / headWidth). The tables are no part of a checkpoint.
/// </summary>
internal sealed class Rotary : Module
{
    private readonly long _headWidth;

    /// <summary>Tables for positions 0 … <paramref name="positions"/> − 1.</summary>
    public Rotary(long headWidth, long positions, double theta) : base(nameof(Rotary))
    {
        _headWidth = headWidth;
        using var scope = NewDisposeScope();
        // in float32 as Hugging Face computes them: position 4000 times a rounded frequency differs from the exact product
        Tensor exponents = arange(0, headWidth, 2, ScalarType.Float32) / (double)headWidth;
        Tensor frequencies = 1.0 / tensor(theta, ScalarType.Float32).pow(exponents);
        Tensor angles = outer(arange(positions, ScalarType.Float32), frequencies); // [positions, headWidth / 2]
        Tensor sine = angles.sin();
        register_buffer("cosine", cat([angles.cos(), angles.cos()], 1).DetachFromDisposeScope(), persistent: false);
        register_buffer("sine", cat([-sine, sine], 1).DetachFromDisposeScope(), persistent: false);
    }

    // float32 in every model: only the angles of a pass are rounded; read anew, since a module replaces its buffers when it moves
    private Tensor Cosine => get_buffer("cosine")!;

    private Tensor Sine => get_buffer("sine")!;

    /// <summary>Angles of positions 0 … length − 1, the same for every row; dtype and device of <paramref name="like"/>.</summary>
    public RotaryAngles First(long length, Tensor like) => Shape(Cosine.narrow(0, 0, length), Sine.narrow(0, 0, length), [1, length], like);

    /// <summary>Angles of [rows, length] int64 positions; dtype and device of <paramref name="like"/>.</summary>
    public RotaryAngles At(Tensor positions, Tensor like)
    {
        Tensor flat = positions.reshape(-1).to(Cosine.device);
        return Shape(Cosine.index_select(0, flat), Sine.index_select(0, flat), positions.shape, like);
    }

    private RotaryAngles Shape(Tensor cosine, Tensor sine, long[] rowsAndLength, Tensor like)
    {
        long[] shape = [.. rowsAndLength, 1, _headWidth];
        return new(cosine.view(shape).to(like.dtype, like.device), sine.view(shape).to(like.dtype, like.device));
    }
}

/// <summary>Cosines and signed sines (− for the first half), [rows or 1, length, 1, headWidth].</summary>
internal sealed record RotaryAngles(Tensor Cosine, Tensor Sine)
{
    /// <summary>Turns [rows, length, heads, headWidth]: x · cos + swap(x) · sin, where swap exchanges the halves of a head.</summary>
    public Tensor Turn(Tensor heads)
    {
        using var scope = NewDisposeScope();
        Tensor swapped = heads.roll(heads.shape[3] / 2, 3);
        return heads.mul(Cosine).addcmul(swapped, Sine, 1).MoveToOuterDisposeScope();
    }
}
