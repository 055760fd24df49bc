using static TorchSharp.torch;

namespace Alignment.Distributed;

/// <summary>
/// What the processes that work on one run (its ranks) do with each other's tensors. Every rank calls the same members in the same order, with tensors of the
/// same sizes that are contiguous and lie on <see cref="Device"/>. A rank that ends without the others ends them all: see <see cref="RankExit"/>.
/// </summary>
internal interface ICollectives : IDisposable
{
    /// <summary>This process, from 0.</summary>
    int Rank { get; }

    /// <summary>How many processes there are.</summary>
    int Ranks { get; }

    /// <summary>Where the tensors are.</summary>
    Device Device { get; }

    /// <summary>Replaces the values of every rank by their sum, which has the same bits on all ranks.</summary>
    /// <param name="values">[n] float32.</param>
    void AllReduce(Tensor values);

    /// <summary>Puts the parts of all ranks one behind the other, as bytes.</summary>
    /// <param name="part">[n] of any dtype: this rank's.</param>
    /// <param name="whole">[ranks · n] of the same dtype.</param>
    void AllGather(Tensor part, Tensor whole);

    /// <summary>
    /// Adds to this rank's part what all ranks have for it: with MPI ((part + rank 0's) + rank 1's) + …, as one process adds up micro-batches; with NCCL in an
    /// order of its own.
    /// </summary>
    /// <param name="whole">[ranks · n] float32: part r is for rank r.</param>
    /// <param name="part">[n] float32.</param>
    void ReduceScatter(Tensor whole, Tensor part);

    /// <summary>Gives every rank the bytes of one.</summary>
    /// <param name="values">[n] of any dtype.</param>
    /// <param name="root">The rank that has them.</param>
    void Broadcast(Tensor values, int root);

    /// <summary>Returns when all ranks have come here and what they asked of the device is done.</summary>
    void Barrier();
}
