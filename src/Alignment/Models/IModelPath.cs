using static TorchSharp.torch;

namespace Alignment.Models;

/// <summary>
/// The way of one batch through a model, part by part: embedding, blocks, last norm. Who takes the parts one by one decides what is kept between them; a part that is
/// taken again gives the same bits. What the parts share is planned once and belongs to the scope the path was made in.
/// </summary>
internal interface IModelPath
{
    /// <summary>How many blocks there are.</summary>
    int Blocks { get; }

    /// <summary>Whether the embedding is trained.</summary>
    bool TrainsEmbedding { get; }

    /// <summary>The embedding where it is the head, too, and is trained; else null.</summary>
    Tensor? TiedHead { get; }

    /// <summary>[rows, length, width]: the input of the first block. A packed batch is one row.</summary>
    Tensor Embed();

    /// <summary>[rows, length, width] → [rows, length, width]: one block, from 0.</summary>
    Tensor Block(int block, Tensor hidden);

    /// <summary>The last block's output, [rows, length, width], behind the last norm: of rows [rows, length, width], of a packed batch [tokens, width].</summary>
    Tensor End(Tensor hidden);
}
