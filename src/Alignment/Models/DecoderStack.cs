using Alignment.Kernels;
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

    public DecoderStack(DecoderConfig config) : base(nameof(DecoderStack))
    {
        _embedding = new Projection(config.Shape.Width, config.Shape.Vocabulary); // read by row
        _layers = [.. Enumerable.Range(0, config.Shape.Layers).Select(layer => new DecoderBlock(config, layer))];
        _norm = new RmsNorm(config.Shape.Width, config.NormEpsilon);
        RegisterComponents();
    }

    public Tensor Embedding => _embedding.Weight;

    /// <summary>[rows, length] int64 tokens → [rows, length, width].</summary>
    public override Tensor forward(Tensor tokens, DecoderPass pass)
    {
        using var scope = NewDisposeScope();
        Tensor hidden = Aten.Embedding(_embedding.Weight, tokens);
        foreach (DecoderBlock layer in _layers)
        {
            Tensor next = layer.forward(hidden, pass);
            hidden.Dispose(); // autograd keeps what it needs
            hidden = next;
        }
        return _norm.forward(hidden).MoveToOuterDisposeScope();
    }
}
