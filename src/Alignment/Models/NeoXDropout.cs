using static TorchSharp.torch;

namespace Alignment.Models;

/// <summary>Dropout (Srivastava et al. 2014) whose masks come from a seed of its own: repeatable, and no global generator is touched.</summary>
public sealed class NeoXDropout : IDisposable
{
    private readonly Generator _generator;
    private readonly double _rate;

    /// <summary>Zeroes each number with probability <paramref name="rate"/>, in [0, 1), and scales the others by 1 / (1 − rate).</summary>
    public NeoXDropout(double rate, ulong seed)
    {
        if (rate is not (>= 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(rate), rate, "dropout must be >= 0 and < 1");
        _rate = rate;
        _generator = new Generator(new SeededRandom(seed, "neox/dropout").NextUInt64() >> 1, CPU);
    }

    /// <summary>A new tensor of the same shape; the masks are drawn on the CPU for every device.</summary>
    public Tensor Apply(Tensor x)
    {
        using var scope = NewDisposeScope();
        if (_rate == 0)
            return x.alias().MoveToOuterDisposeScope();
        Tensor kept = rand(x.shape, dtype: ScalarType.Float32, device: CPU, generator: _generator).ge(_rate).to(x.dtype).to(x.device);
        return (x * kept.div_(1 - _rate)).MoveToOuterDisposeScope();
    }

    /// <summary>Frees the generator.</summary>
    public void Dispose() => _generator.Dispose();
}
