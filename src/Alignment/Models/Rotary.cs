using Alignment.Kernels.Layers;
using static TorchSharp.torch;

namespace Alignment.Models;

/// <summary>How the queries and keys of a layer are turned.</summary>
/// <param name="Width">Dimensions of a head that are turned, its first ones; even.</param>
/// <param name="Theta">Base of the frequencies.</param>
/// <param name="Scaling">How they are scaled, or null.</param>
internal sealed record RotarySettings(long Width, double Theta, IRotaryScaling? Scaling = null)
{
    /// <summary>
    /// [width / 2] radians per position, in float32 as Hugging Face computes them: position 4000 times a rounded frequency differs from the exact product.
    /// </summary>
    /// <param name="longer">For sequences of more than the scaling's short positions.</param>
    public Tensor Frequencies(bool longer = false) => Scaling?.Frequencies(this, longer) ?? Unscaled();

    /// <summary>As <see cref="Frequencies"/>, without the scaling.</summary>
    public Tensor Unscaled()
    {
        using var scope = NewDisposeScope();
        return (1.0 / Powers()).MoveToOuterDisposeScope();
    }

    /// <summary>[width / 2]: theta^(2i / width).</summary>
    public Tensor Powers()
    {
        using var scope = NewDisposeScope();
        Tensor exponents = arange(0, Width, 2, ScalarType.Float32) / (double)Width;
        return tensor(Theta, ScalarType.Float32).pow(exponents).MoveToOuterDisposeScope();
    }
}

/// <summary>
/// Rotary positions (Su et al. 2021, eq. 34) in the half-split layout of Hugging Face: element i of a head's turned part turns with element i + width / 2
/// by the angle position · theta^(−2i / width). The tables are no part of a checkpoint; they grow with the longest sequence seen, since a
/// configuration may name far more positions than are ever used.
/// </summary>
internal sealed class Rotary : IDisposable
{
    /// <summary>Positions computed at once; always so many, so that an angle's bits do not depend on when the tables grew.</summary>
    public const long BlockPositions = 1024;

    private readonly RotarySettings _settings;
    private Tensor _cosine; // [held, width]; where long sequences turn otherwise, theirs follow: [2 · held, width]
    private Tensor _sine;

    /// <summary>Tables of the first positions.</summary>
    public Rotary(RotarySettings settings)
    {
        _settings = settings;
        (_cosine, _sine) = Table(1);
    }

    private int Tables => _settings.Scaling?.ShortPositions is null ? 1 : 2;

    private long Held => _cosine.shape[0] / Tables;

    /// <summary>Angles of positions 0 … length − 1, the same for every row; dtype and device of <paramref name="like"/>.</summary>
    public RotaryAngles First(long length, Tensor like)
    {
        Reach(length, like.device);
        return Shape(_cosine.narrow(0, 0, length), _sine.narrow(0, 0, length), [1, length], like);
    }

    /// <summary>Angles of [rows, length] int64 positions below <paramref name="reach"/>; dtype and device of <paramref name="like"/>.</summary>
    /// <param name="positions">The positions.</param>
    /// <param name="reach">Above all of them.</param>
    /// <param name="longer">[rows or 1, length or 1] bool: those of sequences that are longer than the short positions; null for none.</param>
    /// <param name="like">Gives dtype and device.</param>
    public RotaryAngles At(Tensor positions, long reach, Tensor? longer, Tensor like)
    {
        Reach(reach, like.device);
        Tensor places = longer is null ? positions : positions + longer.to(ScalarType.Int64) * Held;
        Tensor flat = places.reshape(-1);
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
        if (Held < positions)
        {
            (Tensor cosine, Tensor sine) = Table((2 * positions + BlockPositions - 1) / BlockPositions);
            Replace(cosine, sine);
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

    private (Tensor Cosine, Tensor Sine) Table(long blocks)
    {
        using var scope = NewDisposeScope();
        (Tensor Cosine, Tensor Sine)[] parts = [.. from longer in new[] { false, true }.Take(Tables)
                                                   from block in Enumerable.Range(0, (int)blocks)
                                                   select Block(block * BlockPositions, longer)];
        return (cat([.. parts.Select(part => part.Cosine)], 0).DetachFromDisposeScope(), cat([.. parts.Select(part => part.Sine)], 0).DetachFromDisposeScope());
    }

    private (Tensor Cosine, Tensor Sine) Block(long first, bool longer)
    {
        Tensor angles = outer(arange(first, first + BlockPositions, ScalarType.Float32), _settings.Frequencies(longer)); // [block, width / 2]
        (Tensor cosine, Tensor sine) = (angles.cos(), angles.sin());
        if (_settings.Scaling is { Amplitude: not 1 and var amplitude })
            (cosine, sine) = (cosine * amplitude, sine * amplitude);
        return (cat([cosine, cosine], 1), cat([-sine, sine], 1));
    }

    private RotaryAngles Shape(Tensor cosine, Tensor sine, long[] rowsAndLength, Tensor like)
    {
        long[] shape = [.. rowsAndLength, 1, _settings.Width];
        return new(cosine.view(shape).to(like.dtype, like.device), sine.view(shape).to(like.dtype, like.device));
    }
}

/// <summary>Cosines and signed sines (− for the first half), [rows or 1, length, 1, width].</summary>
internal sealed record RotaryAngles(Tensor Cosine, Tensor Sine)
{
    /// <summary>Turns the first dimensions of [rows, length, heads, headWidth], which nobody else reads: where no gradient is asked for, they are written over.</summary>
    public Tensor Turn(Tensor heads) => RotaryTurn.OfOwn(heads, Cosine, Sine);
}
