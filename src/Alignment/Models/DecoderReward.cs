using Alignment.Files;
using Alignment.Kernels.Native;
using TorchSharp.Modules;
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

    /// <summary>A new one with random weights, from a seed.</summary>
    public static DecoderReward Create(DecoderConfig config, ulong seed, Placement? place = null) => new(Decoder.Initialised(Scoring(config), seed, place));

    /// <summary>Whether a folder's config.json is of one that scores already; otherwise a language model's.</summary>
    /// <exception cref="InvalidDataException">config.json cannot be read.</exception>
    public static bool IsOne(string folder) =>
        RewardArchitecture.Of(new ConfigFaults(Path.Combine(folder, "config.json")).Read()).EndsWith("ForSequenceClassification", StringComparison.Ordinal);

    /// <summary>One to be trained: a folder that scores already as it is, and a language model's decoder under a new, random score.</summary>
    /// <exception cref="InvalidDataException">As in <see cref="Decoder.Load(DecoderConfig, string, Placement)"/>.</exception>
    public static DecoderReward Begin(DecoderConfig config, string folder, ulong seed, Placement? place = null)
    {
        if (IsOne(folder))
            return Load(config, folder, place);
        using Decoder source = Decoder.Load(config, folder, place);
        var scoring = new Decoder(Scoring(config), place);
        using IDisposable noGrad = no_grad();
        Dictionary<string, Parameter> given = source.named_parameters().ToDictionary(item => item.name, item => item.parameter);
        foreach ((string name, Parameter parameter) in scoring.named_parameters())
            if (given.TryGetValue(name, out Parameter? weight))
                parameter.copy_(weight);
            else
                InitialWeights.Normal(parameter, config.InitialDeviation, new SeededRandom(seed, "weights/" + name));
        return new(scoring);
    }

    /// <summary>Reads config.json and the weights of a folder.</summary>
    /// <exception cref="InvalidDataException">As in <see cref="Decoder.Load(DecoderConfig, string, Placement)"/>.</exception>
    public static DecoderReward Load(string folder, Placement? place = null) => Load(DecoderConfig.Read(Path.Combine(folder, "config.json")), folder, place);

    /// <summary>Reads the weights of a folder under a configuration of one's own.</summary>
    /// <exception cref="InvalidDataException">As in <see cref="Decoder.Load(DecoderConfig, string, Placement)"/>.</exception>
    public static DecoderReward Load(DecoderConfig config, string folder, Placement? place = null) => new(Decoder.Load(Scoring(config), folder, place));

    /// <summary>Refuses weights that do not fill the model, by their headers alone.</summary>
    /// <exception cref="InvalidDataException">As in <see cref="Load(DecoderConfig, string, Placement)"/>.</exception>
    public static void Require(DecoderConfig config, string folder) => new ModelFolder(folder, null).Require(Scoring(config));

    private static DecoderConfig Scoring(DecoderConfig config) => config with { Scores = true, TiedHead = false };

    /// <inheritdoc/>
    public Tensor Rewards(Tensor tokens, Tensor attentionMask)
    {
        using var scope = NewDisposeScope();
        return Rewards(HiddenStates(tokens, attentionMask), tokens, attentionMask).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public bool Packs => Simd.Serves(_decoder.Score!);

    /// <inheritdoc/>
    public Tensor Rewards(PackedSequences rows)
    {
        using var scope = NewDisposeScope();
        Tensor pooled = _decoder.HiddenStates(rows).index_select(0, Last(rows)); // [tokens, width] → [rows, width]
        return nn.functional.linear(pooled, _decoder.Score!).squeeze(-1).to(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <summary>As <see cref="Rewards(Tensor, Tensor)"/>, from the hidden states [rows, length, width] behind the last norm.</summary>
    public Tensor Rewards(Tensor hidden, Tensor tokens, Tensor attentionMask)
    {
        using var scope = NewDisposeScope();
        Tensor last = Last(tokens, attentionMask).view(-1, 1, 1).expand(-1, 1, hidden.shape[2]); // [rows] → [rows, 1, width]
        Tensor pooled = hidden.gather(1, last).squeeze(1); // [rows, width]
        return nn.functional.linear(pooled, _decoder.Score!).squeeze(-1).to(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <summary>[rows, length] → [rows, length, width], behind the last norm.</summary>
    internal Tensor HiddenStates(Tensor tokens, Tensor attentionMask) => _decoder.HiddenStates(tokens, attentionMask);

    /// <summary>The way to the hidden states, to be gone part by part.</summary>
    internal DecoderPath PathOf(Tensor tokens, Tensor attentionMask) => _decoder.PathOf(tokens, attentionMask);

    /// <summary>[rows]: where each row's score is read.</summary>
    internal Tensor Last(Tensor tokens, Tensor attentionMask)
    {
        using var scope = NewDisposeScope();
        Tensor counted = _decoder.Config.PadToken is { } pad ? attentionMask * tokens.ne(pad).to(ScalarType.Int64) : attentionMask;
        Tensor positions = arange(1, tokens.shape[1] + 1, ScalarType.Int64, tokens.device);
        return (counted * positions).argmax(1).MoveToOuterDisposeScope();
    }

    // [rows]: as of padded rows, in the whole batch; a row of nothing but padding is read at its first token
    private Tensor Last(PackedSequences rows)
    {
        long[] tokens = rows.Tokens.cpu().data<long>().ToArray();
        long pad = _decoder.Config.PadToken ?? -1;
        return tensor([.. rows.Spans.Select(row =>
        {
            long last = row.Start + row.Length - 1;
            while (last >= row.Start && tokens[last] == pad)
                last--;
            return Math.Max(last, row.Start);
        })], device: Device);
    }

    /// <inheritdoc/>
    public void Save(string folder, IReadOnlyDictionary<string, byte[]> tokenizer) => _decoder.Save(folder, tokenizer);

    /// <inheritdoc/>
    public void Dispose() => _decoder.Dispose();
}
