using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Alignment.Models;

/// <summary>One decoder layer: attention and gated MLP, each behind a norm and beside a residual.</summary>
internal sealed class DecoderBlock : Module<Tensor, DecoderPass, Tensor>
{
    [ComponentName(Name = "input_layernorm")]
    private readonly RmsNorm _attentionNorm;
    [ComponentName(Name = "self_attn")]
    private readonly DecoderAttention _attention;
    [ComponentName(Name = "post_attention_layernorm")]
    private readonly RmsNorm _mlpNorm;
    [ComponentName(Name = "mlp")]
    private readonly GatedMlp _mlp;

    public DecoderBlock(DecoderConfig config, int layer) : base(nameof(DecoderBlock))
    {
        _attentionNorm = new RmsNorm(config.Shape.Width, config.NormEpsilon);
        _attention = new DecoderAttention(config.Shape, config.Family, layer);
        _mlpNorm = new RmsNorm(config.Shape.Width, config.NormEpsilon);
        _mlp = new GatedMlp(config.Shape.Width, config.Shape.MlpWidth, config.Family);
        RegisterComponents();
    }

    /// <summary>[rows, length, width] → [rows, length, width].</summary>
    public override Tensor forward(Tensor input, DecoderPass pass)
    {
        using var scope = NewDisposeScope();
        Tensor attended = input + _attention.forward(_attentionNorm.forward(input), pass);
        return (attended + _mlp.forward(_mlpNorm.forward(attended))).MoveToOuterDisposeScope();
    }
}
