using Alignment.Checkpoints.Hub;
using Alignment.Files;
using Alignment.Kernels.Attention;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using Encoding = System.Text.Encoding;
using Module = TorchSharp.torch.nn.Module;

namespace Alignment.Models;

/// <summary>
/// A decoder of any <see cref="DecoderFamily"/> with Hugging Face's parameter names. Starts with zero weights: load them or call
/// <see cref="Decoder.Initialised"/>.
/// </summary>
internal sealed class Decoder : Module<Tensor, Tensor>, ILanguageModel
{
    [ComponentName(Name = "model")]
    private readonly DecoderStack _stack;
    [ComponentName(Name = "lm_head")]
    private readonly Projection? _head;
    [ComponentName(Name = "score")]
    private readonly Projection? _score;
    private readonly DecoderRotary _rotary;

    /// <summary>A model of this configuration with zero weights.</summary>
    /// <param name="config">Its configuration.</param>
    /// <param name="place">Where its weights lie, and in which dtype; null: in float32 on the CPU.</param>
    public Decoder(DecoderConfig config, Placement? place = null) : base(nameof(Decoder))
    {
        place ??= Placement.Host;
        Config = config;
        _stack = new DecoderStack(config, place);
        _head = config.TiedHead || config.Scores ? null : new Projection(config.Shape.Width, config.Shape.Vocabulary, place);
        _score = config.Scores ? new Projection(config.Shape.Width, 1, place) : null;
        _rotary = new DecoderRotary(config);
        RegisterComponents();
    }

    /// <summary>The configuration the model was made from.</summary>
    public DecoderConfig Config { get; }

    /// <inheritdoc/>
    public ModelShape Shape => Config.Shape;

    /// <inheritdoc/>
    public Tensor Head => _head?.Weight ?? _stack.Embedding;

    /// <inheritdoc/>
    public double? LogitCap => Config.LogitCap;

    /// <inheritdoc/>
    public long? ShortPositions => Config.RotaryScaling?.ShortPositions;

    /// <inheritdoc/>
    public IVariableLengthOperator? PackedAttention => Config.ScoreCap is null ? VariableLengthOperators.For(Head, Shape.HeadWidth) : null;

    /// <summary>[1, width]: turns a hidden state into a score; null where the model gives logits.</summary>
    public Tensor? Score => _score?.Weight;

    /// <inheritdoc/>
    public Module Module => this;

    /// <summary>The low-rank adapters on this model, or null.</summary>
    public LoraAdapters? Adapters { get; internal set; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, Tensor> Trained =>
        Adapters?.Parameters ?? named_parameters().ToDictionary(item => item.name, item => (Tensor)item.parameter);

    /// <summary>
    /// A model with random weights: matrices normal with <see cref="DecoderConfig.InitialDeviation"/>, norms 1; the same seed gives the same weights, in a
    /// narrower dtype rounded.
    /// </summary>
    public static Decoder Initialised(DecoderConfig config, ulong seed, Placement? place = null)
    {
        var model = new Decoder(config, place);
        foreach ((string name, Tensor parameter) in model.named_parameters())
            if (parameter.dim() > 1)
                InitialWeights.Normal(parameter, config.InitialDeviation, new SeededRandom(seed, "weights/" + name));
        return model;
    }

    /// <summary>Reads a Hugging Face folder: config.json, the ends of generation_config.json, and the weights.</summary>
    /// <exception cref="InvalidDataException">As in <see cref="DecoderConfig.Read"/> and
    /// <see cref="HubCheckpoint.Load(Module, string)"/>.</exception>
    public static Decoder Load(string folder, Placement? place = null) => Load(DecoderConfig.ReadFolder(folder), folder, place);

    /// <summary>Reads the weights of a folder under a configuration of one's own, each tensor straight to its place: on the host there is one at a time.</summary>
    /// <exception cref="InvalidDataException">As in <see cref="HubCheckpoint.Load(Module, string)"/>.</exception>
    public static Decoder Load(DecoderConfig config, string folder, Placement? place = null)
    {
        IReadOnlyDictionary<string, string> ties = DecoderWeights.Ties(config);
        using var files = HubFiles.Open(folder);
        HubCheckpoint.Require(files, DecoderWeights.Of(config), ties);
        var model = new Decoder(config, place);
        try
        {
            HubCheckpoint.Load(model, files, ties);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Writes a new folder that transformers reads: config.json, generation_config.json, the weights and the given files.</summary>
    /// <param name="folder">Must not exist, or be empty.</param>
    /// <param name="tokenizer">The tokenizer's files by name, those that a model folder holds beside its weights.</param>
    /// <param name="shardBytes">As in <see cref="HubCheckpoint.Save(Module, string, IReadOnlyDictionary{string, byte[]}, long)"/>.</param>
    /// <exception cref="System.IO.IOException">The folder exists and is not empty.</exception>
    public void Save(string folder, IReadOnlyDictionary<string, byte[]> tokenizer, long shardBytes = HubCheckpoint.DefaultShardBytes)
    {
        var files = new Dictionary<string, byte[]>(tokenizer)
        {
            ["config.json"] = Encoding.UTF8.GetBytes(Config.ToJson(Head.dtype.ToString().ToLowerInvariant())),
            ["generation_config.json"] = Encoding.UTF8.GetBytes(Config.ToGenerationJson()),
        };
        HubCheckpoint.Save(this, folder, files, shardBytes);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">Mask and tokens do not fit, or a row is longer than the positions reach.</exception>
    public Tensor HiddenStates(Tensor tokens, Tensor attentionMask, IKeyValueCache? cache = null)
    {
        long length = Checked(tokens, attentionMask, cache);
        using var scope = NewDisposeScope();
        var held = (KeyValueCache?)cache;
        held?.Reserve(length);
        if (held is not null && ShortPositions is { } most)
        {
            if (attentionMask.shape[1] > most && held.Length > 0)
                ComputeLonger(held, attentionMask, most);
            held.Keep(tokens);
        }
        Tensor hidden = _stack.forward(tokens, _rotary.Plan(attentionMask, length, held, Head));
        held?.Advance(length);
        return Divided(hidden).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A sequence is longer than the positions reach.</exception>
    public Tensor HiddenStates(PackedSequences sequences)
    {
        using var scope = NewDisposeScope();
        return PathOf(sequences).Hidden().MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">As in <see cref="HiddenStates(Tensor, Tensor, IKeyValueCache)"/>.</exception>
    public DecoderPath PathOf(Tensor tokens, Tensor attentionMask)
    {
        long length = Checked(tokens, attentionMask, cache: null);
        return new(this, _stack, tokens, _rotary.Plan(attentionMask, length, cache: null, Head));
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A sequence is longer than the positions reach.</exception>
    public DecoderPath PathOf(PackedSequences sequences)
    {
        long longest = sequences.Spans.Max(span => span.Keys);
        if (longest > Shape.MaxPositions)
            throw new ArgumentException($"{longest} tokens are more than the {Shape.MaxPositions} positions of this model; "
                + "cut the sequences or raise max_position_embeddings", nameof(sequences));
        PackedSequences planned = sequences.Attention is null ? sequences with { Attention = PackedAttention } : sequences;
        return new(this, _stack, sequences.Tokens.unsqueeze(0), _rotary.Plan(planned, Head)); // one row of all tokens
    }

    /// <inheritdoc/>
    public IKeyValueCache NewCache(long rows, long capacity)
    {
        var cache = new KeyValueCache(Shape, rows, capacity, Head);
        return ShortPositions is null ? cache : cache.WithTokens();
    }

    /// <summary>[rows, length] tokens without padding → [rows, length, vocabulary] logits; for short inputs.</summary>
    public override Tensor forward(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        return ((ILanguageModel)this).Logits(HiddenStates(tokens, ones_like(tokens))).MoveToOuterDisposeScope();
    }

    // tokens of this pass; the mask covers the cached ones, too
    private long Checked(Tensor tokens, Tensor attentionMask, IKeyValueCache? cache)
    {
        long length = tokens.shape[1], keys = (cache?.Length ?? 0) + length;
        if (attentionMask.shape is not [var rows, var columns] || rows != tokens.shape[0] || columns != keys)
            throw new ArgumentException($"the attention mask is [{string.Join(", ", attentionMask.shape)}]; tokens [{tokens.shape[0]}, {length}]"
                + $" after {keys - length} cached ones need [{tokens.shape[0]}, {keys}]", nameof(attentionMask));
        return keys <= Shape.MaxPositions ? length : throw new ArgumentException($"{keys} tokens are more than the {Shape.MaxPositions} positions of this model; "
            + "cut the rows or raise max_position_embeddings", nameof(tokens));
    }

    // rows that pass the short positions are turned by other factors from their first token on: what the cache holds of them is computed again
    private void ComputeLonger(KeyValueCache cache, Tensor attentionMask, long most)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        Tensor mask = attentionMask.narrow(1, 0, cache.Length);
        Tensor rows = mask.sum(1).le(most).logical_and(attentionMask.sum(1).gt(most)).nonzero().squeeze(1); // [crossing]
        if (rows.shape[0] == 0)
            return;
        using var longer = new KeyValueCache(Shape, rows.shape[0], cache.Length, Head);
        _ = _stack.forward(cache.Tokens.index_select(0, rows), _rotary.PlanLonger(mask.index_select(0, rows), longer, Head));
        cache.Replace(rows, longer);
    }

    // logits are linear in them
    internal Tensor Divided(Tensor hidden) => Config.LogitDivisor == 1 || Config.Scores ? hidden : hidden / Config.LogitDivisor;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Adapters?.Dispose();
            _rotary.Dispose();
        }
        base.Dispose(disposing);
    }
}
