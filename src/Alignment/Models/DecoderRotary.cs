using Alignment.Kernels.Attention;
using static TorchSharp.torch;

namespace Alignment.Models;

/// <summary>The rotary tables of a decoder, and the plans of its passes.</summary>
internal sealed class DecoderRotary : IDisposable
{
    private readonly DecoderConfig _config;
    private readonly Rotary? _whole, _windowed; // of layers without and with a window

    public DecoderRotary(DecoderConfig config)
    {
        _config = config;
        bool[] kinds = [.. Enumerable.Range(0, config.Shape.Layers).Select(config.Windowed).Distinct()];
        _whole = kinds.Contains(false) ? new Rotary(config.Rotary(windowed: false)) : null;
        _windowed = kinds.Contains(true) ? new Rotary(config.Rotary(windowed: true)) : null;
    }

    private long? ShortPositions => _config.RotaryScaling?.ShortPositions;

    /// <summary>The pass over rows.</summary>
    /// <param name="mask">[rows, cached + length] int64, 1 = real token.</param>
    /// <param name="length">Tokens of this pass.</param>
    /// <param name="cache">The cache, or null.</param>
    /// <param name="like">Gives dtype and device.</param>
    public DecoderPass Plan(Tensor mask, long length, KeyValueCache? cache, Tensor like) =>
        Plan(mask, new(length, null, Longer(mask), like), cache);

    /// <summary>The pass over the first tokens of rows that will be longer than the short positions.</summary>
    public DecoderPass PlanLonger(Tensor mask, KeyValueCache cache, Tensor like) =>
        Plan(mask, new(mask.shape[1], null, ones(mask.shape[0], 1, ScalarType.Bool, mask.device), like), cache);

    /// <summary>The pass over a packed batch.</summary>
    /// <exception cref="ArgumentException">Sequences share a prompt that is turned by other factors for the one than for the other.</exception>
    public DecoderPass Plan(PackedSequences sequences, Tensor like)
    {
        var settings = new PassSettings(sequences.Tokens.shape[0], null, Longer(sequences), like);
        return new(Kind(_whole, null), Kind(_windowed, _config.KeysInWindow), Cache: null);

        LayerPass? Kind(Rotary? rotary, long? window) => rotary is null ? null : LayerPass.Plan(rotary, sequences, settings with { Window = window });
    }

    /// <summary>Frees the tables.</summary>
    public void Dispose()
    {
        _whole?.Dispose();
        _windowed?.Dispose();
    }

    private DecoderPass Plan(Tensor mask, PassSettings settings, KeyValueCache? cache)
    {
        return new(Kind(_whole, null), Kind(_windowed, _config.KeysInWindow), cache);

        LayerPass? Kind(Rotary? rotary, long? window) => rotary is null ? null : LayerPass.Plan(rotary, mask, settings with { Window = window });
    }

    // [rows, 1]; null where no row can be
    private Tensor? Longer(Tensor mask) => ShortPositions is { } most && mask.shape[1] > most ? mask.sum(1, keepdim: true).gt(most) : null;

    // [1, tokens]
    private Tensor? Longer(PackedSequences sequences)
    {
        IReadOnlyList<PackedSpan> spans = sequences.Spans;
        if (ShortPositions is not { } most || spans.All(span => span.Keys <= most))
            return null;
        foreach (PackedSpan span in spans.Where(span => span.PromptLength > 0))
            if (spans.First(holder => holder.Start + holder.Length > span.PromptStart).Keys > most != span.Keys > most)
                throw new ArgumentException($"sequences of at most {most} tokens and longer ones share a prompt, which the model computes in two ways; pack them with short positions {most}",
                    nameof(sequences));
        return tensor([.. spans.SelectMany(span => Enumerable.Repeat(span.Keys > most, (int)span.Length))], device: sequences.Tokens.device).unsqueeze(0);
    }
}
