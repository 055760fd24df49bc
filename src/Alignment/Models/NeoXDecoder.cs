using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Alignment.Models;

/// <summary>GPT-NeoX without a language-model head: token ids in, hidden states after the final norm out.</summary>
public sealed class NeoXDecoder : nn.Module
{
    [ComponentName(Name = "embed_in")]
    private readonly Embedding _embedding;

    [ComponentName(Name = "layers")]
    private readonly ModuleList<NeoXBlock> _layers;

    [ComponentName(Name = "final_layer_norm")]
    private readonly LayerNorm _norm;

    private readonly NeoXConfig _config;

    /// <summary>A decoder of the given sizes.</summary>
    public NeoXDecoder(NeoXConfig config) : base(nameof(NeoXDecoder))
    {
        _config = config;
        _embedding = nn.Embedding(config.Vocabulary, config.Width);
        _layers = new ModuleList<NeoXBlock>([.. Enumerable.Range(0, config.Layers).Select(_ => new NeoXBlock(config))]);
        _norm = nn.LayerNorm([config.Width], config.NormEpsilon);
        RegisterComponents();
    }

    /// <summary>Hidden states after the final norm, [rows, length, width].</summary>
    /// <param name="tokens">[rows, length] int64.</param>
    /// <param name="attentionMask">[rows, length] int64, 1 = real token; padding right or left. What stands at padded positions is undefined.</param>
    /// <param name="dropout">Null while scoring.</param>
    public Tensor Forward(Tensor tokens, Tensor attentionMask, NeoXDropout? dropout = null)
    {
        using var scope = NewDisposeScope();
        Tensor x = _embedding.call(tokens);
        var pass = new NeoXPass(NeoXRotary.Angles(_config, tokens.shape[1], x), Mask(attentionMask), dropout);
        x = pass.Thin(x);
        foreach (NeoXBlock layer in _layers)
            x = layer.Forward(x, pass);
        return _norm.call(x).MoveToOuterDisposeScope();
    }

    // padding on the right needs no mask: no real token looks to its right, and the fused causal kernel is faster
    private static Tensor? Mask(Tensor attentionMask)
    {
        using var scope = NewDisposeScope();
        long length = attentionMask.shape[1];
        Tensor real = attentionMask.ne(0);
        if (real.narrow(1, 0, length - 1).logical_or(real.narrow(1, 1, length - 1).logical_not()).all().item<bool>())
            return null;
        Tensor causal = ones(length, length, dtype: ScalarType.Bool, device: real.device).tril();
        // padding looks at itself: a row of nothing but minus infinity would be not-a-number
        Tensor self = eye(length, dtype: ScalarType.Bool, device: real.device);
        return real.unsqueeze(1).logical_or(self).logical_and(causal).unsqueeze(1).MoveToOuterDisposeScope(); // [rows, 1, length, length]
    }
}
