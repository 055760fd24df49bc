using static TorchSharp.torch;

namespace Alignment.Models;

/// <summary>
/// Rotary positions (Su et al. 2021, eq. 34) in the half-split layout of Hugging Face: element i of a head turns with element i + headWidth / 2
/// by the angle position · theta^(−2i / headWidth). The tables are no part of a checkpoint; they grow with the longest sequence seen, since a
/// configuration may name far more positions than are ever used.
/// </summary>
internal sealed class Rotary : IDisposable
{
    /// <summary>Positions computed at once; always so many, so that an angle's bits do not depend on when the tables grew.</summary>
    public const long BlockPositions = 1024;

    private readonly long _headWidth;
    private readonly double _theta;
    private readonly RotaryScaling? _scaling;
    private Tensor _cosine; // [held, headWidth]
    private Tensor _sine;

    /// <summary>Tables of the first positions.</summary>
    public Rotary(long headWidth, double theta, RotaryScaling? scaling = null)
    {
        (_headWidth, _theta, _scaling) = (headWidth, theta, scaling);
        (_cosine, _sine) = Block(0);
    }

    /// <summary>Angles of positions 0 … length − 1, the same for every row; dtype and device of <paramref name="like"/>.</summary>
    public RotaryAngles First(long length, Tensor like)
    {
        Reach(length, like.device);
        return Shape(_cosine.narrow(0, 0, length), _sine.narrow(0, 0, length), [1, length], like);
    }

    /// <summary>Angles of [rows, length] int64 positions below <paramref name="reach"/>; dtype and device of <paramref name="like"/>.</summary>
    public RotaryAngles At(Tensor positions, long reach, Tensor like)
    {
        Reach(reach, like.device);
        Tensor flat = positions.reshape(-1);
        return Shape(_cosine.index_select(0, flat), _sine.index_select(0, flat), positions.shape, like);
    }

    /// <summary>Frees the tables.</summary>
    public void Dispose()
    {
        _cosine.Dispose();
        _sine.Dispose();
    }

    // twice as far as asked for, so that a growing cache does not ask again at every block
    private void Reach(long positions, Device device)
    {
        using var scope = NewDisposeScope();
        if (_cosine.shape[0] < positions)
        {
            long blocks = (2 * positions + BlockPositions - 1) / BlockPositions;
            (Tensor Cosine, Tensor Sine)[] parts = [.. Enumerable.Range(0, (int)blocks).Select(block => Block(block * BlockPositions))];
            Replace(cat([.. parts.Select(part => part.Cosine)], 0), cat([.. parts.Select(part => part.Sine)], 0));
            foreach ((Tensor cosine, Tensor sine) in parts)
            {
                cosine.Dispose();
                sine.Dispose();
            }
        }
        if (_cosine.device_type != device.type || _cosine.device_index != device.index)
            Replace(_cosine.to(device), _sine.to(device));
    }

    private void Replace(Tensor cosine, Tensor sine)
    {
        _cosine.Dispose();
        _sine.Dispose();
        (_cosine, _sine) = (cosine.DetachFromDisposeScope(), sine.DetachFromDisposeScope());
    }

    /// <summary>[headWidth / 2] radians per position, in float32 as Hugging Face computes them: position 4000 times a rounded frequency differs from the exact product.</summary>
    public static Tensor Frequencies(long headWidth, double theta, RotaryScaling? scaling)
    {
        using var scope = NewDisposeScope();
        Tensor exponents = arange(0, headWidth, 2, ScalarType.Float32) / (double)headWidth;
        Tensor frequencies = 1.0 / tensor(theta, ScalarType.Float32).pow(exponents);
        return (scaling?.Apply(frequencies) ?? frequencies).MoveToOuterDisposeScope();
    }

    private (Tensor Cosine, Tensor Sine) Block(long first)
    {
        using var scope = NewDisposeScope();
        Tensor frequencies = Frequencies(_headWidth, _theta, _scaling);
        Tensor angles = outer(arange(first, first + BlockPositions, ScalarType.Float32), frequencies); // [block, headWidth / 2]
        Tensor sine = angles.sin();
        return (cat([angles.cos(), angles.cos()], 1).DetachFromDisposeScope(), cat([-sine, sine], 1).DetachFromDisposeScope());
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
