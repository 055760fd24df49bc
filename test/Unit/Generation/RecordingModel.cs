using Alignment.Models;
using static TorchSharp.torch;
using Module = TorchSharp.torch.nn.Module;

namespace Alignment.Tests.Unit.Generation;

/// <summary>A model that writes down what goes through it.</summary>
internal sealed class RecordingModel(Decoder model) : ILanguageModel
{
    /// <summary>Rows and tokens of each pass that reads or fills a cache.</summary>
    public List<(long Rows, long Length)> Cached { get; } = [];

    /// <summary>Rows and tokens of each pass without one.</summary>
    public List<(long Rows, long Length)> Whole { get; } = [];

    public ModelShape Shape => model.Shape;

    public Tensor Head => model.Head;

    public Module Module => model.Module;

    public Tensor HiddenStates(Tensor tokens, Tensor attentionMask, IKeyValueCache? cache = null)
    {
        (cache == null ? Whole : Cached).Add((tokens.shape[0], tokens.shape[1]));
        return model.HiddenStates(tokens, attentionMask, cache);
    }

    public Tensor HiddenStates(PackedSequences sequences) => model.HiddenStates(sequences);

    public DecoderPath PathOf(Tensor tokens, Tensor attentionMask) => model.PathOf(tokens, attentionMask);

    public DecoderPath PathOf(PackedSequences sequences) => model.PathOf(sequences);

    public IKeyValueCache NewCache(long rows, long capacity) => model.NewCache(rows, capacity);

    public void Dispose() => model.Dispose();
}
