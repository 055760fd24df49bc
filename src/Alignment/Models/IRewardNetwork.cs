using static TorchSharp.torch;
using Module = TorchSharp.torch.nn.Module;

namespace Alignment.Models;

/// <summary>A model with a scalar head.</summary>
internal interface IRewardNetwork : IDisposable
{
    /// <summary>Rows of the embedding.</summary>
    long Vocabulary { get; }

    /// <summary>Longest sequence the positions reach.</summary>
    long MaxPositions { get; }

    /// <summary>Where the weights are.</summary>
    Device Device { get; }

    /// <summary>The module that holds them.</summary>
    Module Module { get; }

    /// <summary>One reward per row, [rows] float32.</summary>
    /// <param name="tokens">[rows, length] int64.</param>
    /// <param name="attentionMask">[rows, length] int64, 1 = real token, at least one in each row; padding right or left.</param>
    Tensor Rewards(Tensor tokens, Tensor attentionMask);

    /// <summary>Whether rows are scored without padding: where kernels of our own serve packed sequences, in float32 on a CPU with vector registers.</summary>
    bool Packs { get; }

    /// <summary>As <see cref="Rewards(Tensor, Tensor)"/>, which is the twin, of rows laid one behind another; up to rounding the same. Without a gradient.</summary>
    /// <param name="rows">Of <see cref="PackedSequences.OfRows"/>.</param>
    Tensor Rewards(PackedSequences rows);

    /// <summary>Writes a new folder that transformers reads: config.json, the weights and the tokenizer's files.</summary>
    void Save(string folder, IReadOnlyDictionary<string, byte[]> tokenizer);
}
