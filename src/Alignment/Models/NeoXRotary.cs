using static TorchSharp.torch;

namespace Alignment.Models;

/// <summary>
/// Rotary positions on the first dimensions of each head (Su et al. 2021, equation 34; GPT-NeoX rotates halves, not pairs). Attention sees only
/// differences of positions, so counting from the first column serves left-padded rows as well.
/// </summary>
/// <param name="Cosines">[length, 1, 1, rotated].</param>
/// <param name="Sines">[length, 1, 1, rotated].</param>
internal sealed record NeoXRotary(Tensor Cosines, Tensor Sines)
{
    /// <summary>Angles of positions 0 … <paramref name="length"/> − 1.</summary>
    /// <param name="config">Base and rotated width.</param>
    /// <param name="length">Positions.</param>
    /// <param name="like">Gives device and dtype.</param>
    public static NeoXRotary Angles(NeoXConfig config, long length, Tensor like)
    {
        using var scope = NewDisposeScope();
        Tensor exponents = arange(0, config.RotaryWidth, 2, dtype: ScalarType.Float32, device: like.device) / config.RotaryWidth;
        Tensor frequencies = pow(config.RotaryBase, exponents).reciprocal();
        Tensor angles = outer(arange(length, dtype: ScalarType.Float32, device: like.device), frequencies);
        Tensor both = cat([angles, angles], -1).view(length, 1, 1, config.RotaryWidth); // [length, rotated] → [length, 1, 1, rotated]
        return new(both.cos().to(like.dtype).MoveToOuterDisposeScope(), both.sin().to(like.dtype).MoveToOuterDisposeScope());
    }

    /// <summary>Rotates queries and keys together.</summary>
    /// <param name="x">[rows, length, heads, 2, head width]; only the first dimensions turn.</param>
    public Tensor Apply(Tensor x)
    {
        using var scope = NewDisposeScope();
        long width = x.shape[^1], rotated = Cosines.shape[^1], half = rotated / 2;
        Tensor turning = x.narrow(-1, 0, rotated);
        Tensor quarter = cat([turning.narrow(-1, half, half).neg(), turning.narrow(-1, 0, half)], -1);
        Tensor turned = turning * Cosines + quarter * Sines;
        Tensor result = rotated == width ? turned : cat([turned, x.narrow(-1, rotated, width - rotated)], -1);
        return result.MoveToOuterDisposeScope();
    }
}
