using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Alignment.Models;

/// <summary>What every block of one forward pass shares.</summary>
/// <param name="Rotary">Angles of the positions.</param>
/// <param name="Mask">[rows, 1, length, length] bool, true = may look; null = causal only.</param>
/// <param name="Dropout">Null while scoring.</param>
internal sealed record NeoXPass(NeoXRotary Rotary, Tensor? Mask, NeoXDropout? Dropout)
{
    /// <summary><paramref name="x"/>, thinned while training.</summary>
    public Tensor Thin(Tensor x) => Dropout?.Apply(x) ?? x;
}

/// <summary>One decoder layer.</summary>
internal sealed class NeoXBlock : nn.Module
{
    [ComponentName(Name = "input_layernorm")]
    private readonly LayerNorm _attentionNorm;

    [ComponentName(Name = "post_attention_layernorm")]
    private readonly LayerNorm _mlpNorm;

    [ComponentName(Name = "attention")]
    private readonly NeoXAttention _attention;

    [ComponentName(Name = "mlp")]
    private readonly NeoXMlp _mlp;

    private readonly bool _parallel;

    public NeoXBlock(NeoXConfig config) : base(nameof(NeoXBlock))
    {
        _parallel = config.ParallelResidual;
        _attentionNorm = nn.LayerNorm([config.Width], config.NormEpsilon);
        _mlpNorm = nn.LayerNorm([config.Width], config.NormEpsilon);
        _attention = new NeoXAttention(config);
        _mlp = new NeoXMlp(config);
        RegisterComponents();
    }

    /// <summary>[rows, length, width] → [rows, length, width].</summary>
    public Tensor Forward(Tensor x, NeoXPass pass)
    {
        using var scope = NewDisposeScope();
        return (_parallel ? Parallel(x, pass) : Sequential(x, pass)).MoveToOuterDisposeScope();
    }

    private Tensor Parallel(Tensor x, NeoXPass pass) => x + Attend(x, pass) + Think(x, pass);

    private Tensor Sequential(Tensor x, NeoXPass pass)
    {
        Tensor attended = x + Attend(x, pass);
        return attended + Think(attended, pass);
    }

    private Tensor Attend(Tensor x, NeoXPass pass) => pass.Thin(_attention.Forward(_attentionNorm.call(x), pass.Rotary, pass.Mask));

    private Tensor Think(Tensor x, NeoXPass pass) => pass.Thin(_mlp.call(_mlpNorm.call(x)));
}
