using static TorchSharp.torch;

namespace Alignment.Models.NeoX;

/// <summary>The way of a batch through GPT-NeoX. A part that is taken again draws the dropout masks of its first time.</summary>
internal sealed class NeoXPath : IModelPath
{
    private readonly NeoXDecoder _model;
    private readonly Tensor _tokens; // [rows, length]
    private readonly NeoXPass _pass;
    private readonly byte[]?[] _masks; // [blocks + 1]: where the stream of masks stood before each part was first taken

    internal NeoXPath(NeoXDecoder model, Tensor tokens, NeoXPass pass) => (_model, _tokens, _pass, _masks) = (model, tokens, pass, new byte[]?[model.Blocks + 1]);

    /// <inheritdoc/>
    public int Blocks => _model.Blocks;

    /// <inheritdoc/>
    public bool TrainsEmbedding => true;

    /// <inheritdoc/>
    public Tensor? TiedHead => null;

    /// <inheritdoc/>
    public Tensor Embed() => Masked(0, () => _model.Embed(_tokens, _pass));

    /// <inheritdoc/>
    public Tensor Block(int block, Tensor hidden) => Masked(1 + block, () => _model.Block(block, hidden, _pass));

    /// <inheritdoc/>
    public Tensor End(Tensor hidden) => _model.End(hidden);

    /// <summary>All of it: the hidden states behind the last norm.</summary>
    public Tensor Hidden()
    {
        using var scope = NewDisposeScope();
        Tensor hidden = Embed();
        for (int block = 0; block < Blocks; block++)
        {
            Tensor next = Block(block, hidden);
            hidden.Dispose(); // autograd keeps what it needs
            hidden = next;
        }
        return End(hidden).MoveToOuterDisposeScope();
    }

    private Tensor Masked(int part, Func<Tensor> taken)
    {
        if (_pass.Dropout is not { } dropout)
            return taken();
        using var scope = NewDisposeScope();
        Tensor now = dropout.State();
        if (_masks[part] is not { } first)
        {
            _masks[part] = now.data<byte>().ToArray();
            return taken().MoveToOuterDisposeScope();
        }
        dropout.Restore(tensor(first));
        Tensor result = taken();
        dropout.Restore(now);
        return result.MoveToOuterDisposeScope();
    }
}
