using Alignment.Files;
using Alignment.Kernels.Attention;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using Linear = TorchSharp.Modules.Linear;

namespace Alignment.Models.NeoX;

/// <summary>GPT-NeoX without a language-model head: token ids in, hidden states after the final norm out.</summary>
internal sealed class NeoXDecoder : nn.Module
{
    [ComponentName(Name = "embed_in")]
    private readonly Embedding _embedding;
    [ComponentName(Name = "layers")]
    private readonly ModuleList<NeoXBlock> _layers;
    [ComponentName(Name = "final_layer_norm")]
    private readonly LayerNorm _norm;
    private readonly Rotary _rotary; // attention sees only differences of positions, so counting from the first column serves left-padded rows as well

    /// <summary>A decoder of the given sizes, in float32 on a device.</summary>
    public NeoXDecoder(NeoXConfig config, Device device) : base(nameof(NeoXDecoder))
    {
        _rotary = new Rotary(new(config.RotaryWidth, config.RotaryBase));
        _embedding = nn.Embedding(config.Vocabulary, config.Width, device: device);
        _layers = new ModuleList<NeoXBlock>([.. Enumerable.Range(0, config.Layers).Select(_ => new NeoXBlock(config, device))]);
        _norm = nn.LayerNorm([config.Width], config.NormEpsilon, device: device);
        RegisterComponents();
    }

    /// <summary>Hidden states after the final norm, [rows, length, width].</summary>
    /// <param name="tokens">[rows, length] int64.</param>
    /// <param name="attentionMask">[rows, length] int64, 1 = real token; padding right or left. What stands at padded positions is undefined.</param>
    /// <param name="dropout">Null while scoring.</param>
    public Tensor Forward(Tensor tokens, Tensor attentionMask, NeoXDropout? dropout = null)
    {
        using var scope = NewDisposeScope();
        return PathOf(tokens, attentionMask, dropout).Hidden().MoveToOuterDisposeScope();
    }

    /// <summary>The way of <see cref="Forward"/>, to be gone part by part.</summary>
    public NeoXPath PathOf(Tensor tokens, Tensor attentionMask, NeoXDropout? dropout) =>
        new(this, tokens, new(_rotary.First(tokens.shape[1], _embedding.weight!), Mask(attentionMask), dropout));

    /// <summary>The way of a packed batch, which is one row; nothing is masked there, and nothing dropped.</summary>
    public NeoXPath PathOf(PackedSequences rows)
    {
        RotaryAngles angles = _rotary.At(rows.Positions.unsqueeze(0), rows.Spans.Max(row => row.Keys), null, _embedding.weight!);
        return new(this, rows.Tokens.unsqueeze(0), new(angles, null, null) { Packed = PackedMasks.Of(rows.Spans, null, _embedding.weight!) });
    }

    /// <summary>How many blocks there are.</summary>
    internal int Blocks => _layers.Count;

    /// <summary>[rows, length] → [rows, length, width].</summary>
    internal Tensor Embed(Tensor tokens, NeoXPass pass)
    {
        using var scope = NewDisposeScope();
        return pass.Thin(_embedding.call(tokens)).MoveToOuterDisposeScope();
    }

    /// <summary>[rows, length, width] → [rows, length, width].</summary>
    internal Tensor Block(int block, Tensor hidden, NeoXPass pass) => _layers[block].Forward(hidden, pass);

    /// <summary>[rows, length, width] → [rows, length, width]: the last norm.</summary>
    internal Tensor End(Tensor hidden) => _norm.call(hidden);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _rotary.Dispose();
        base.Dispose(disposing);
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

/// <summary>What every block of one forward pass shares.</summary>
/// <param name="Rotary">Angles of the positions.</param>
/// <param name="Mask">[rows, 1, length, length] bool, true = may look; null = causal only.</param>
/// <param name="Dropout">Null while scoring.</param>
internal sealed record NeoXPass(RotaryAngles Rotary, Tensor? Mask, NeoXDropout? Dropout)
{
    /// <summary>What each token of a packed batch sees; null where the rows are sequences.</summary>
    public PackedMasks? Packed { get; init; }

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

    public NeoXBlock(NeoXConfig config, Device device) : base(nameof(NeoXBlock))
    {
        _parallel = config.ParallelResidual;
        _attentionNorm = nn.LayerNorm([config.Width], config.NormEpsilon, device: device);
        _mlpNorm = nn.LayerNorm([config.Width], config.NormEpsilon, device: device);
        _attention = new NeoXAttention(config, device);
        _mlp = new NeoXMlp(config, device);
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

    private Tensor Attend(Tensor x, NeoXPass pass) => pass.Thin(_attention.Forward(_attentionNorm.call(x), pass));

    private Tensor Think(Tensor x, NeoXPass pass) => pass.Thin(_mlp.call(_mlpNorm.call(x)));
}

/// <summary>Causal self-attention with one fused projection, laid out head by head: q, k and v of head 0, then of head 1, ….</summary>
internal sealed class NeoXAttention : nn.Module
{
    [ComponentName(Name = "query_key_value")]
    private readonly Linear _queryKeyValue;
    [ComponentName(Name = "dense")]
    private readonly Linear _dense;
    private readonly NeoXConfig _config;

    public NeoXAttention(NeoXConfig config, Device device) : base(nameof(NeoXAttention))
    {
        _config = config;
        _queryKeyValue = nn.Linear(config.Width, 3 * config.Width, device: device);
        _dense = nn.Linear(config.Width, config.Width, device: device);
        RegisterComponents();
    }

    /// <summary>[rows, length, width] → [rows, length, width].</summary>
    /// <param name="x">Normalised input.</param>
    /// <param name="pass">Angles of the positions, and what tokens see.</param>
    public Tensor Forward(Tensor x, NeoXPass pass)
    {
        using var scope = NewDisposeScope();
        long rows = x.shape[0], length = x.shape[1];
        // [rows, length, 3 · width] → [rows, length, heads, 3, head width]
        Tensor[] parts = Kernels.Layers.Linear.Of(x, _queryKeyValue.weight, _queryKeyValue.bias).view(rows, length, _config.Heads, 3, _config.HeadWidth).unbind(3);
        Tensor queries = pass.Rotary.Turn(parts[0]).transpose(1, 2); // [rows, length, heads, head width] → [rows, heads, length, head width]
        Tensor keys = pass.Rotary.Turn(parts[1]).transpose(1, 2);
        Tensor values = parts[2].transpose(1, 2);
        Tensor mixed = pass.Packed is { } packed ? PackedAttention.Of(queries, keys, values, packed)
            : nn.functional.scaled_dot_product_attention(queries, keys, values, attn_mask: pass.Mask, is_casual: pass.Mask is null);
        mixed = mixed.transpose(1, 2).reshape(rows, length, _config.Width); // heads side by side again
        return Kernels.Layers.Linear.Of(mixed, _dense.weight, _dense.bias).MoveToOuterDisposeScope();
    }
}

/// <summary>Two projections with the exact GELU between them (Hendrycks and Gimpel 2016, x · Φ(x)).</summary>
internal sealed class NeoXMlp : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "dense_h_to_4h")]
    private readonly Linear _up;
    [ComponentName(Name = "dense_4h_to_h")]
    private readonly Linear _down;

    public NeoXMlp(NeoXConfig config, Device device) : base(nameof(NeoXMlp))
    {
        _up = nn.Linear(config.Width, config.MlpWidth, device: device);
        _down = nn.Linear(config.MlpWidth, config.Width, device: device);
        RegisterComponents();
    }

    /// <summary>[rows, length, width] → [rows, length, width].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor inner = Kernels.Layers.Linear.Gelu(input, _up.weight, _up.bias);
        return Kernels.Layers.Linear.Of(inner, _down.weight, _down.bias).MoveToOuterDisposeScope();
    }
}

/// <summary>Dropout (Srivastava et al. 2014) whose masks come from a seed of its own: repeatable, and no global generator is touched.</summary>
internal sealed class NeoXDropout : IDisposable
{
    private readonly Generator _generator;
    private readonly double _rate;

    /// <summary>Zeroes each number with probability <paramref name="rate"/>, in [0, 1), and scales the others by 1 / (1 − rate).</summary>
    public NeoXDropout(double rate, ulong seed)
    {
        if (rate is not (>= 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(rate), rate, "dropout must be >= 0 and < 1");
        _rate = rate;
        _generator = new Generator(new SeededRandom(seed, "neox/dropout").NextUInt64() >> 1, CPU);
    }

    /// <summary>A new tensor of the same shape; the masks are drawn on the CPU for every device.</summary>
    public Tensor Apply(Tensor x)
    {
        using var scope = NewDisposeScope();
        if (_rate == 0)
            return x.alias().MoveToOuterDisposeScope();
        Tensor kept = rand(x.shape, dtype: ScalarType.Float32, device: CPU, generator: _generator).ge(_rate).to(x.dtype).to(x.device);
        return (x * kept.div_(1 - _rate)).MoveToOuterDisposeScope();
    }

    /// <summary>Where the stream of masks stands, for a checkpoint: [bytes] uint8, the caller's.</summary>
    public Tensor State() => _generator.get_state();

    /// <summary>Goes on from a <see cref="State"/> as if it had never stopped.</summary>
    public void Restore(Tensor state) => _generator.set_state(state);

    /// <summary>Frees the generator.</summary>
    public void Dispose() => _generator.Dispose();
}
