using Alignment.Checkpoints.Hub;
using Alignment.Files;
using Alignment.Kernels.Native;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using Encoding = System.Text.Encoding;

namespace Alignment.Models.NeoX;

/// <summary>
/// A GPT-NeoX decoder with a scalar head; parameter names are those of OpenAssistant's GPTNeoXRewardModel or of transformers'
/// GPTNeoXForSequenceClassification, as <see cref="NeoXConfig.Head"/> says.
/// </summary>
internal sealed class NeoXReward : nn.Module, IRewardNetwork
{
    [ComponentName(Name = "gpt_neox")]
    private readonly NeoXDecoder _decoder;
    [ComponentName(Name = "out_proj")]
    private readonly Linear? _outProjection;
    [ComponentName(Name = "score")]
    private readonly Linear? _score;

    private NeoXReward(NeoXConfig config, Device? device) : base(nameof(NeoXReward))
    {
        Config = config;
        device ??= CPU;
        _decoder = new NeoXDecoder(config, device);
        if (config.Head == RewardHead.SequenceClassification)
            _score = nn.Linear(config.Width, 1, hasBias: false, device: device);
        else
            _outProjection = nn.Linear(config.Width, 1, device: device);
        RegisterComponents();
    }

    /// <summary>Sizes and pooling.</summary>
    public NeoXConfig Config { get; }

    /// <summary>The decoder under the head.</summary>
    internal NeoXDecoder Decoder => _decoder;

    /// <summary>Where the weights are.</summary>
    public Device Device => Head.weight!.device;

    /// <inheritdoc/>
    public long Vocabulary => Config.Vocabulary;

    /// <inheritdoc/>
    public long MaxPositions => Config.MaxPositions;

    /// <inheritdoc/>
    public nn.Module Module => this;

    private Linear Head => _score ?? _outProjection!;

    /// <summary>Fresh weights from a seed: normal with the configured deviation, biases 0, norms 1; each parameter has a stream of its own.</summary>
    /// <exception cref="ArgumentException">The configuration is impossible.</exception>
    public static NeoXReward Create(NeoXConfig config, ulong seed, Device? device = null)
    {
        if (config.Faults() is { Count: > 0 } faults)
            throw new ArgumentException(string.Join("; ", faults));
        var model = new NeoXReward(config, device);
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        foreach ((string name, Parameter parameter) in model.named_parameters())
        {
            if (parameter.dim() == 1)
                parameter.fill_(name.EndsWith("norm.weight", StringComparison.Ordinal) ? 1 : 0);
            else
                InitialWeights.Normal(parameter, config.InitializerRange, new SeededRandom(seed, "weights/" + name));
        }
        return model;
    }

    /// <summary>Reads config.json and the weights of a folder.</summary>
    /// <exception cref="InvalidDataException">As in <see cref="NeoXConfig.Read"/> and
    /// <see cref="HubCheckpoint.Load(nn.Module, string)"/>.</exception>
    public static NeoXReward Load(string folder, Device? device = null) => Load(NeoXConfig.Read(Path.Combine(folder, "config.json")), folder, device);

    /// <summary>Reads the weights of a folder under a configuration of one's own.</summary>
    /// <exception cref="InvalidDataException">As in <see cref="HubCheckpoint.Load(nn.Module, string)"/>.</exception>
    public static NeoXReward Load(NeoXConfig config, string folder, Device? device = null)
    {
        Require(config, folder);
        var model = new NeoXReward(config, device);
        try
        {
            HubCheckpoint.Load(model, folder);
        }
        catch
        {
            model.Dispose();
            throw;
        }
        return model;
    }

    /// <summary>Refuses weights that do not fill the model, by their headers alone.</summary>
    /// <exception cref="InvalidDataException">As in <see cref="HubCheckpoint.Load(nn.Module, string)"/>.</exception>
    public static void Require(NeoXConfig config, string folder) => HubCheckpoint.Require(folder, NeoXWeights.Of(config), new Dictionary<string, string>());

    /// <summary>Writes config.json and the weights into a new folder.</summary>
    public void Save(string folder) => Save(folder, new Dictionary<string, byte[]>());

    /// <inheritdoc/>
    public void Save(string folder, IReadOnlyDictionary<string, byte[]> tokenizer) => HubCheckpoint.Save(this, folder,
        new Dictionary<string, byte[]>(tokenizer) { ["config.json"] = Encoding.UTF8.GetBytes(Config.ToJson()) }, HubCheckpoint.DefaultShardBytes);

    /// <inheritdoc/>
    public Tensor Rewards(Tensor tokens, Tensor attentionMask) => Forward(tokens, attentionMask);

    /// <inheritdoc/>
    public bool Packs => Simd.Serves(Head.weight!);

    /// <inheritdoc/>
    public Tensor Rewards(PackedSequences rows)
    {
        using var scope = NewDisposeScope();
        Tensor hidden = _decoder.PathOf(rows).Hidden().squeeze(0); // [1, tokens, width] → [tokens, width]
        Tensor[] pooled = [.. rows.Spans.Select(row => Config.Pooling == RewardPooling.Mean
            ? hidden.narrow(0, row.Start, row.Length).mean([0]) : hidden[row.Start + row.Length - 1])];
        return Score(stack(pooled)).MoveToOuterDisposeScope();
    }

    /// <summary>One reward per row, [rows] float32.</summary>
    /// <param name="tokens">[rows, length] int64.</param>
    /// <param name="attentionMask">[rows, length] int64, 1 = real token, at least one in each row; padding right or left.</param>
    /// <param name="dropout">Null while scoring.</param>
    public Tensor Forward(Tensor tokens, Tensor attentionMask, NeoXDropout? dropout = null)
    {
        using var scope = NewDisposeScope();
        return Read(_decoder.Forward(tokens, attentionMask, dropout), attentionMask).MoveToOuterDisposeScope();
    }

    /// <summary>The way of <see cref="Forward"/> to the hidden states, to be gone part by part.</summary>
    internal NeoXPath PathOf(Tensor tokens, Tensor attentionMask, NeoXDropout? dropout) => _decoder.PathOf(tokens, attentionMask, dropout);

    /// <summary>The rewards, [rows] float32, of hidden states [rows, length, width].</summary>
    internal Tensor Read(Tensor hidden, Tensor attentionMask)
    {
        using var scope = NewDisposeScope();
        Tensor pooled = Config.Pooling == RewardPooling.Mean ? Mean(hidden, attentionMask) : Last(hidden, attentionMask); // [rows, width]
        return Score(pooled).MoveToOuterDisposeScope();
    }

    // [rows, width] → [rows]
    private Tensor Score(Tensor pooled)
    {
        using var scope = NewDisposeScope();
        return Head.call(pooled).squeeze(-1).to(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    private static Tensor Last(Tensor hidden, Tensor attentionMask)
    {
        Tensor positions = arange(1, attentionMask.shape[1] + 1, dtype: ScalarType.Int64, device: hidden.device);
        Tensor last = (attentionMask * positions).argmax(1).view(-1, 1, 1).expand(-1, 1, hidden.shape[2]); // [rows] → [rows, 1, width]
        return hidden.gather(1, last).squeeze(1);
    }

    private static Tensor Mean(Tensor hidden, Tensor attentionMask)
    {
        Tensor weights = attentionMask.to(hidden.dtype).unsqueeze(-1); // [rows, length, 1]
        return (hidden * weights).sum(1) / weights.sum(1);
    }
}
