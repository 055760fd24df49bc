using static TorchSharp.torch;

namespace Alignment.Checkpoints;

/// <summary>What a file says of one of its tensors.</summary>
/// <param name="Name">Its key.</param>
/// <param name="Type">Its element type.</param>
/// <param name="Shape">Its sizes; empty for a scalar.</param>
internal sealed record StoredTensor(string Name, ScalarType Type, long[] Shape)
{
    /// <summary>How many numbers it holds.</summary>
    public long Elements => Shape.Aggregate(1L, (product, size) => product * size);
}

/// <summary>An open file of named tensors.</summary>
internal interface IWeightFile : IDisposable
{
    /// <summary>Every tensor in the file.</summary>
    IEnumerable<StoredTensor> Tensors { get; }

    /// <summary>A new CPU tensor with the bytes of the named one.</summary>
    Tensor Tensor(string name);

    /// <summary>Reads the named tensor into a contiguous CPU tensor of its type and shape, without another copy.</summary>
    void Fill(string name, Tensor target);
}
