using static TorchSharp.torch;

namespace Alignment.Models;

/// <summary>
/// The way of one batch through a decoder, part by part: embedding, blocks, last norm. Taken at once it gives <see cref="ILanguageModel.HiddenStates(PackedSequences)"/>;
/// who takes the parts one by one decides what is kept between them. What the parts share is planned once and belongs to the scope the path was made in.
/// </summary>
internal sealed class DecoderPath
{
    private readonly Decoder _model;
    private readonly DecoderStack _stack;
    private readonly Tensor _tokens; // [rows, length]; of a packed batch [1, tokens]
    private readonly DecoderPass _pass;

    internal DecoderPath(Decoder model, DecoderStack stack, Tensor tokens, DecoderPass pass) => (_model, _stack, _tokens, _pass) = (model, stack, tokens, pass);

    /// <summary>How many blocks there are.</summary>
    public int Blocks => _stack.Blocks;

    /// <summary>Whether the embedding is trained.</summary>
    public bool TrainsEmbedding => _stack.Embedding.requires_grad;

    /// <summary>The embedding where it is the head, too, and is trained; else null.</summary>
    public Tensor? TiedHead => _model.Config is { TiedHead: true, Scores: false } && TrainsEmbedding ? _stack.Embedding : null;

    /// <summary>[rows, length, width]: the input of the first block. A packed batch is one row.</summary>
    public Tensor Embed() => _stack.Embed(_tokens);

    /// <summary>[rows, length, width] → [rows, length, width]: one block, from 0.</summary>
    public Tensor Block(int block, Tensor hidden) => _stack.Block(block, hidden, _pass);

    /// <summary>The last block's output, [rows, length, width], behind the last norm: of rows [rows, length, width], of a packed batch [tokens, width].</summary>
    public Tensor End(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        Tensor normed = _model.Divided(_stack.End(hidden));
        return (_pass.Packed ? normed.squeeze(0) : normed).MoveToOuterDisposeScope();
    }

    /// <summary>All of it: the hidden states behind the last norm.</summary>
    public Tensor Hidden()
    {
        using var scope = NewDisposeScope();
        return End(_stack.Blocked(_tokens, _pass)).MoveToOuterDisposeScope();
    }
}
