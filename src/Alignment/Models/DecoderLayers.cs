using Alignment.Kernels.Native;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Alignment.Models;

/// <summary>Embedding, layers and final norm: the part that Hugging Face names "model".</summary>
internal sealed class DecoderStack : Module<Tensor, DecoderPass, Tensor>
{
    [ComponentName(Name = "embed_tokens")]
    private readonly Projection _embedding;
    [ComponentName(Name = "layers")]
    private readonly ModuleList<DecoderBlock> _layers;
    [ComponentName(Name = "norm")]
    private readonly RmsNorm _norm;
    private readonly double _embeddingScale;

    public DecoderStack(DecoderConfig config, Placement place) : base(nameof(DecoderStack))
    {
        _embedding = new Projection(config.Shape.Width, config.Shape.Vocabulary, place); // read by row
        _layers = [.. Enumerable.Range(0, config.Shape.Layers).Select(layer => new DecoderBlock(config, layer, place))];
        _norm = RmsNorm.Of(config, config.Shape.Width, place);
        _embeddingScale = config.EmbeddingScale;
        RegisterComponents();
    }

    public Tensor Embedding => _embedding.Weight;

    public int Blocks => _layers.Count;

    /// <summary>[rows, length] int64 tokens → [rows, length, width] behind the last norm.</summary>
    public override Tensor forward(Tensor tokens, DecoderPass pass)
    {
        using var scope = NewDisposeScope();
        return End(Blocked(tokens, pass)).MoveToOuterDisposeScope();
    }

    /// <summary>[rows, length] int64 tokens → [rows, length, width], the first block's input.</summary>
    public Tensor Embed(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        Tensor hidden = Aten.Embedding(_embedding.Weight, tokens);
        if (_embeddingScale != 1)
            hidden = hidden * tensor(_embeddingScale, hidden.dtype, hidden.device); // rounded to the weights' own type, as by transformers
        return hidden.MoveToOuterDisposeScope();
    }

    /// <summary>[rows, length, width] → [rows, length, width].</summary>
    public Tensor Block(int block, Tensor hidden, DecoderPass pass) => _layers[block].forward(hidden, pass);

    /// <summary>[rows, length] int64 tokens → [rows, length, width] behind the last block.</summary>
    public Tensor Blocked(Tensor tokens, DecoderPass pass)
    {
        using var scope = NewDisposeScope();
        Tensor hidden = Embed(tokens);
        for (int block = 0; block < Blocks; block++)
        {
            Tensor next = Block(block, hidden, pass);
            hidden.Dispose(); // autograd keeps what it needs
            hidden = next;
        }
        return hidden.MoveToOuterDisposeScope();
    }

    /// <summary>[rows, length, width] → [rows, length, width]: the last norm.</summary>
    public Tensor End(Tensor hidden) => _norm.forward(hidden);
}

/// <summary>One decoder layer: attention and gated MLP, each beside a residual, with norms before them, after them or both.</summary>
internal sealed class DecoderBlock : Module<Tensor, DecoderPass, Tensor>
{
    [ComponentName(Name = "input_layernorm")]
    private readonly RmsNorm? _inputNorm;
    [ComponentName(Name = "self_attn")]
    private readonly DecoderAttention _attention;
    [ComponentName(Name = "post_attention_layernorm")]
    private readonly RmsNorm _middleNorm; // before the MLP where norms stand before, else after attention
    [ComponentName(Name = "pre_feedforward_layernorm")]
    private readonly RmsNorm? _mlpNorm;
    [ComponentName(Name = "post_feedforward_layernorm")]
    private readonly RmsNorm? _outputNorm;
    [ComponentName(Name = "mlp")]
    private readonly GatedMlp _mlp;
    private readonly NormPlacement _norms;
    private readonly double _residualScale;

    public DecoderBlock(DecoderConfig config, int layer, Placement place) : base(nameof(DecoderBlock))
    {
        (_norms, _residualScale) = (config.Family.Norms, config.ResidualScale);
        _inputNorm = _norms != NormPlacement.After ? Norm() : null;
        _attention = new DecoderAttention(config, layer, place);
        _middleNorm = Norm();
        _mlpNorm = _norms == NormPlacement.Around ? Norm() : null;
        _outputNorm = _norms != NormPlacement.Before ? Norm() : null;
        _mlp = new GatedMlp(config, place);
        RegisterComponents();

        RmsNorm Norm() => RmsNorm.Of(config, config.Shape.Width, place);
    }

    /// <summary>[rows, length, width] → [rows, length, width].</summary>
    public override Tensor forward(Tensor input, DecoderPass pass)
    {
        using var scope = NewDisposeScope();
        bool before = _norms == NormPlacement.Before;
        Tensor attended = Joined(input, _attention.forward(Normed(_inputNorm, input), pass), before ? null : _middleNorm);
        return Joined(attended, _mlp.forward(Normed(before ? _middleNorm : _mlpNorm, attended)), _outputNorm).MoveToOuterDisposeScope();
    }

    private Tensor Joined(Tensor stream, Tensor branch, RmsNorm? norm)
    {
        branch = Normed(norm, branch);
        return stream + (_residualScale == 1 ? branch : branch * _residualScale);
    }

    private static Tensor Normed(RmsNorm? norm, Tensor input) => norm is null ? input : norm.forward(input);
}
