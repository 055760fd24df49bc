using static TorchSharp.torch;

namespace Alignment.Models;

/// <summary>The way of one batch through a decoder; taken at once it gives <see cref="ILanguageModel.HiddenStates(PackedSequences)"/>.</summary>
internal sealed class DecoderPath : IModelPath
{
    private readonly Decoder _model;
    private readonly DecoderStack _stack;
    private readonly Tensor _tokens; // [rows, length]; of a packed batch [1, tokens]
    private readonly DecoderPass _pass;

    internal DecoderPath(Decoder model, DecoderStack stack, Tensor tokens, DecoderPass pass) => (_model, _stack, _tokens, _pass) = (model, stack, tokens, pass);

    /// <inheritdoc/>
    public int Blocks => _stack.Blocks;

    /// <inheritdoc/>
    public bool TrainsEmbedding => _stack.Embedding.requires_grad;

    /// <inheritdoc/>
    public Tensor? TiedHead => _model.Config is { TiedHead: true, Scores: false } && TrainsEmbedding ? _stack.Embedding : null;

    /// <inheritdoc/>
    public Tensor Embed() => _stack.Embed(_tokens);

    /// <inheritdoc/>
    public Tensor Block(int block, Tensor hidden) => _stack.Block(block, hidden, _pass);

    /// <inheritdoc/>
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
