using static TorchSharp.torch;

namespace Alignment.Distributed;

/// <summary>One rank: nothing leaves the process.</summary>
/// <param name="device">Where the tensors are.</param>
internal sealed class SingleProcess(Device device) : ICollectives
{
    /// <inheritdoc/>
    public int Rank => 0;

    /// <inheritdoc/>
    public int Ranks => 1;

    /// <inheritdoc/>
    public Device Device { get; } = device;

    /// <inheritdoc/>
    public void AllReduce(Tensor values)
    {
    }

    /// <inheritdoc/>
    public void AllGather(Tensor part, Tensor whole) => whole.copy_(part);

    /// <inheritdoc/>
    public void ReduceScatter(Tensor whole, Tensor part) => part.add_(whole);

    /// <inheritdoc/>
    public void Broadcast(Tensor values, int root)
    {
    }

    /// <inheritdoc/>
    public void Barrier()
    {
    }

    /// <summary>Nothing is held.</summary>
    public void Dispose()
    {
    }
}
