using Alignment.Kernels.Attention;
using static TorchSharp.torch;

namespace Alignment.Models;

/// <summary>What the layers of one forward pass share: those that see all keys, and those that see a window of them.</summary>
/// <param name="Whole">Of layers without a window; null where the model has none.</param>
/// <param name="Windowed">Of layers with one; null where the model has none.</param>
/// <param name="Cache">Where keys and values are kept, or null.</param>
internal sealed record DecoderPass(LayerPass? Whole, LayerPass? Windowed, KeyValueCache? Cache)
{
    /// <summary>Whether it is over a packed batch.</summary>
    public bool Packed => (Whole ?? Windowed)?.Packed is not null;

    /// <summary>What a layer reads.</summary>
    public LayerPass Of(bool windowed) => (windowed ? Windowed : Whole)!;

    /// <summary>How many real tokens of its row stand before each: [rows, keys].</summary>
    internal static Tensor Positions(Tensor mask)
    {
        using var scope = NewDisposeScope();
        return (mask.cumsum(1) - 1).clamp_min(0).MoveToOuterDisposeScope();
    }
}

/// <summary>What layers of one kind share: angles and mask.</summary>
/// <param name="Angles">Rotary angles of the tokens of this pass.</param>
/// <param name="Mask">What each token sees.</param>
internal sealed record LayerPass(RotaryAngles Angles, AttentionMask Mask)
{
    /// <summary>What each token of a packed batch sees; null where the rows are sequences, and <see cref="Mask"/> says it.</summary>
    public PackedMasks? Packed { get; private init; }

    /// <summary>Plans a pass over a packed batch, which is one row.</summary>
    public static LayerPass Plan(Rotary rotary, PackedSequences sequences, PassSettings settings) =>
        new(rotary.At(sequences.Positions.unsqueeze(0), sequences.Spans.Max(span => span.Keys), settings.Longer, settings.Like), new AttentionMask())
        {
            Packed = PackedMasks.Of(sequences.Spans, settings.Window, settings.Like, sequences.Attention),
        };

    /// <summary>
    /// Plans a pass. Positions count the real tokens of a row, as Hugging Face's generate does. Without cached tokens, and where padding is at
    /// the right only, causal attention needs no mask: no real token sees what comes after it.
    /// </summary>
    /// <param name="rotary">The angle tables.</param>
    /// <param name="mask">[rows, cached + length] int64, 1 = real token.</param>
    /// <param name="settings">What does not change with the rows.</param>
    public static LayerPass Plan(Rotary rotary, Tensor mask, PassSettings settings)
    {
        (long length, long? window, Tensor? longer, Tensor like) = settings;
        long keys = mask.shape[1];
        bool windowed = window < keys;
        if (keys == length && !windowed && RightPadded(mask))
            return new(longer is null ? rotary.First(length, like) : rotary.At(Positions(mask), length, longer, like), new AttentionMask { Causal = true });
        if (length == 1 && !windowed)
            return OneToken(rotary, mask, longer, like);
        Tensor positions = Positions(mask); // [rows, keys]
        Tensor own = positions.narrow(1, keys - length, length); // [rows, length]
        Tensor index = arange(keys, ScalarType.Int64, mask.device);
        Tensor query = index.narrow(0, keys - length, length).unsqueeze(1); // [length, 1]
        Tensor seen = mask.ne(0).unsqueeze(1).logical_and(index.le(query)); // [rows, length, keys]
        if (windowed)
            seen = seen.logical_and((own.unsqueeze(2) - positions.unsqueeze(1)).lt(window!.Value));
        seen = seen.logical_or(index.eq(query)); // padding sees itself: a softmax over nothing would give NaN
        RotaryAngles angles = rotary.At(own, keys, longer, like);
        Tensor bias = zeros(seen.shape, like.dtype, mask.device).masked_fill_(seen.logical_not(), double.NegativeInfinity);
        return new(angles, new AttentionMask { Bias = bias.unsqueeze(1) }); // [rows, 1, length, keys]
    }

    // it sees every real token, and itself
    private static LayerPass OneToken(Rotary rotary, Tensor mask, Tensor? longer, Tensor like)
    {
        (long rows, long keys) = (mask.shape[0], mask.shape[1]);
        Tensor bias = zeros(mask.shape, like.dtype, mask.device).masked_fill_(mask.eq(0), double.NegativeInfinity);
        bias.select(1, keys - 1).zero_();
        RotaryAngles angles = rotary.At((mask.sum(1, keepdim: true) - 1).clamp_min(0), keys, longer, like);
        return new(angles, new AttentionMask { Bias = bias.view(rows, 1, 1, keys) });
    }

    private static Tensor Positions(Tensor mask) => DecoderPass.Positions(mask);

    private static bool RightPadded(Tensor mask)
    {
        using var scope = NewDisposeScope();
        long length = mask.shape[1];
        return mask.narrow(1, 1, length - 1).le(mask.narrow(1, 0, length - 1)).all().item<bool>();
    }
}

/// <summary>Settings of a pass.</summary>
/// <param name="Length">Tokens of this pass.</param>
/// <param name="Window">Keys a token sees, itself included; null for all.</param>
/// <param name="Longer">As in <see cref="Rotary.At"/>.</param>
/// <param name="Like">Gives the dtype and device of angles and mask.</param>
internal sealed record PassSettings(long Length, long? Window, Tensor? Longer, Tensor Like);
