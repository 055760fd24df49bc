using static TorchSharp.torch;
using Module = TorchSharp.torch.nn.Module;

namespace Alignment.Models;

/// <summary>
/// A decoder that scores: transformers' …ForSequenceClassification with one label. The score is read where transformers reads it: at the last token
/// that is not the padding token, also where the row's own text ends in that token (pad_token_id equal to eos_token_id).
/// </summary>
internal sealed class DecoderReward : IRewardNetwork
{
    private readonly Decoder _decoder;

    private DecoderReward(Decoder decoder) => _decoder = decoder;

    /// <inheritdoc/>
    public long Vocabulary => _decoder.Shape.Vocabulary;

    /// <inheritdoc/>
    public long MaxPositions => _decoder.Shape.MaxPositions;

    /// <inheritdoc/>
    public Device Device => _decoder.Score!.device;

    /// <inheritdoc/>
    public Module Module => _decoder;

    /// <summary>Reads config.json and the weights of a folder, in float32 on the CPU.</summary>
    /// <exception cref="InvalidDataException">As in <see cref="Decoder.Load(DecoderConfig, string)"/>.</exception>
    public static DecoderReward Load(string folder) => Load(DecoderConfig.Read(Path.Combine(folder, "config.json")), folder);

    /// <summary>Reads the weights of a folder under a configuration of one's own.</summary>
    /// <exception cref="InvalidDataException">As in <see cref="Decoder.Load(DecoderConfig, string)"/>.</exception>
    public static DecoderReward Load(DecoderConfig config, string folder) => new(Decoder.Load(Scoring(config), folder));

    /// <summary>Refuses weights that do not fill the model, by their headers alone.</summary>
    /// <exception cref="InvalidDataException">As in <see cref="Load(DecoderConfig, string)"/>.</exception>
    public static void Require(DecoderConfig config, string folder) => new ModelFolder(folder, null).Require(Scoring(config));

    private static DecoderConfig Scoring(DecoderConfig config) => config with { Scores = true, TiedHead = false };

    /// <inheritdoc/>
    public Tensor Rewards(Tensor tokens, Tensor attentionMask)
    {
        using var scope = NewDisposeScope();
        Tensor hidden = _decoder.HiddenStates(tokens, attentionMask); // [rows, length, width]
        Tensor counted = _decoder.Config.PadToken is { } pad ? attentionMask * tokens.ne(pad).to(ScalarType.Int64) : attentionMask;
        Tensor positions = arange(1, tokens.shape[1] + 1, ScalarType.Int64, tokens.device);
        Tensor last = (counted * positions).argmax(1).view(-1, 1, 1).expand(-1, 1, hidden.shape[2]); // [rows] → [rows, 1, width]
        Tensor pooled = hidden.gather(1, last).squeeze(1); // [rows, width]
        return nn.functional.linear(pooled, _decoder.Score!).squeeze(-1).to(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose() => _decoder.Dispose();
}
