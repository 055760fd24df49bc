using Alignment.Kernels.Attention;
using Alignment.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Training;

/// <summary>A decoder that notes what goes through it: of each pass its layout and the lengths of the responses. What is not on the CPU is noted and refused.</summary>
internal sealed class WatchedModel(Decoder model) : ILanguageModel
{
    /// <summary>"packed 3 5", or "padded 2×9".</summary>
    public List<string> Passes { get; } = [];

    /// <summary>As if it lay on a device that has such an operator.</summary>
    public IVariableLengthOperator? PackedAttention { get; init; }

    public ModelShape Shape => model.Shape;

    public Tensor Head => model.Head;

    public nn.Module Module => model;

    public Tensor HiddenStates(Tensor tokens, Tensor attentionMask, IKeyValueCache? cache = null)
    {
        Note(tokens);
        return model.HiddenStates(tokens, attentionMask, cache);
    }

    public Tensor HiddenStates(PackedSequences sequences)
    {
        Note(sequences);
        return model.HiddenStates(sequences);
    }

    public DecoderPath PathOf(Tensor tokens, Tensor attentionMask)
    {
        Note(tokens);
        return model.PathOf(tokens, attentionMask);
    }

    public DecoderPath PathOf(PackedSequences sequences)
    {
        Note(sequences);
        return model.PathOf(sequences);
    }

    public IKeyValueCache NewCache(long rows, long capacity) => model.NewCache(rows, capacity);

    public void Dispose()
    {
    }

    private void Note(Tensor tokens) => Note(tokens.device, "padded", () => $"{tokens.shape[0]}×{tokens.shape[1]}");

    private void Note(PackedSequences sequences) => Note(sequences.Tokens.device, "packed", () => string.Join(' ', sequences.Scored.Counts.data<long>().ToArray()));

    private void Note(Device device, string layout, Func<string> what)
    {
        bool here = device.type == DeviceType.CPU;
        Passes.Add(here ? $"{layout} {what()}" : layout);
        if (!here)
            throw new NotSupportedException("the decoder is on the CPU");
    }
}
