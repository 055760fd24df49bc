using Alignment.Files;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Alignment.Models;

/// <summary>Where low-rank adapters sit and how large they are (Hu et al. 2021, arXiv 2106.09685, section 4.1).</summary>
internal sealed record LoraSettings
{
    /// <summary>Rank of the update, ≥ 1.</summary>
    public required int Rank { get; init; }

    /// <summary>The update is scaled by <see cref="Alpha"/> / <see cref="Rank"/>; &gt; 0.</summary>
    public required double Alpha { get; init; }

    /// <summary>As a target it stands for every linear layer of the blocks, as in PEFT: neither embedding nor head.</summary>
    public const string AllLinear = "all-linear";

    /// <summary>
    /// Names of linear layers, such as qkv_proj, or ends of their paths, such as self_attn.qkv_proj; PEFT's target_modules. Or <see cref="AllLinear"/>.
    /// </summary>
    public required IReadOnlyList<string> Targets { get; init; }

    /// <summary>What the update B · A is multiplied by.</summary>
    internal double Scale => Alpha / Rank;

    /// <summary>Whether the linear layer of this path, one of <see cref="DecoderWeights.LinearLayers"/>, gets an adapter.</summary>
    internal bool Covers(string path) =>
        Targets.Any(target => target == AllLinear || path == target || path.EndsWith("." + target, StringComparison.Ordinal));

    /// <summary>With the layers' names in place of <see cref="AllLinear"/>, as PEFT stores them.</summary>
    internal LoraSettings Named(DecoderConfig config) => !Targets.Contains(AllLinear) ? this
        : this with { Targets = [.. DecoderWeights.LinearLayers(config).Select(LastName).Distinct()] };

    /// <summary>Refuses targets that are no linear layers of the model's blocks.</summary>
    /// <exception cref="ArgumentException">Names the targets and the layers there are.</exception>
    internal void RequireIn(DecoderConfig config)
    {
        string[] missing = [.. Targets.Where(target => !DecoderWeights.LinearLayers(config).Any((this with { Targets = [target] }).Covers))];
        if (missing.Length > 0 || Targets.Count == 0)
            throw new ArgumentException($"LoRA targets {(missing.Length > 0 ? string.Join(", ", missing) : "(none given)")}: the linear layers of this model are "
                + $"{string.Join(", ", DecoderWeights.LinearLayers(config).Select(LastName).Distinct())}; \"{AllLinear}\" takes all of them");
    }

    private static string LastName(string path) => path[(path.LastIndexOf('.') + 1)..];
}

/// <summary>
/// The low-rank adapters on a decoder's linear layers (Hu et al. 2021, arXiv 2106.09685). While they are attached the base weights are frozen and
/// <see cref="Decoder.Trained"/> holds the adapters alone; with the adapters off the model is the base model, which is the reference of
/// preference optimisation, without a second copy. No dropout is applied.
/// </summary>
internal sealed class LoraAdapters : IDisposable
{
    private readonly Decoder _model;
    private readonly SortedDictionary<string, (Projection Layer, LoraAdapter Adapter)> _layers = new(StringComparer.Ordinal);

    internal LoraAdapters(Decoder model, LoraSettings settings)
    {
        if (model.Adapters != null)
            throw new InvalidOperationException("the model has adapters already; merge them first");
        settings.RequireIn(model.Config);
        (_model, Settings) = (model, settings.Named(model.Config));
        foreach ((string path, Projection layer) in Linear(model).Where(layer => settings.Covers(layer.Path)))
            _layers.Add(path, (layer, layer.Adapter = new LoraAdapter(layer.Weight, settings)));
        SetFrozen(true);
        model.Adapters = this;
    }

    /// <summary>Rank, scale and targets.</summary>
    public LoraSettings Settings { get; }

    /// <summary>PATH.lora_A.weight [rank, inputs] and PATH.lora_B.weight [outputs, rank] of every adapted layer, ordered by path.</summary>
    public IReadOnlyDictionary<string, Tensor> Parameters => _layers
        .SelectMany(item => new (string Name, Tensor Value)[]
        {
            (item.Key + ".lora_A.weight", item.Value.Adapter.Down), (item.Key + ".lora_B.weight", item.Value.Adapter.Up),
        })
        .ToDictionary(item => item.Name, item => item.Value);

    /// <summary>
    /// Puts fresh adapters on a model: A uniform in ±1/√inputs as in PEFT (Kaiming's with a = √5), B zero, so that the model's outputs are as before.
    /// </summary>
    /// <exception cref="ArgumentException">A target is no linear layer of this model; names those there are.</exception>
    /// <exception cref="InvalidOperationException">The model has adapters.</exception>
    public static LoraAdapters Attach(Decoder model, LoraSettings settings, ulong seed)
    {
        var adapters = new LoraAdapters(model, settings);
        foreach ((string path, (Projection _, LoraAdapter adapter)) in adapters._layers)
            InitialWeights.Uniform(adapter.Down, 1 / Math.Sqrt(adapter.Down.shape[1]), new SeededRandom(seed, $"weights/{path}.lora_A.weight"));
        return adapters;
    }

    /// <summary>The base model until the result is disposed.</summary>
    public IDisposable Off()
    {
        Switch(false);
        return new SwitchedOff(this);
    }

    /// <summary>Adds the updates to the base weights, which can be trained again, and takes the adapters off.</summary>
    public void Merge()
    {
        foreach ((Projection layer, LoraAdapter adapter) in _layers.Values)
            adapter.MergeInto(layer.Weight);
        Dispose();
    }

    /// <summary>Takes the adapters off and frees them; the base weights are as before and can be trained again.</summary>
    public void Dispose()
    {
        foreach ((Projection layer, LoraAdapter adapter) in _layers.Values)
        {
            layer.Adapter = null;
            adapter.Dispose();
        }
        _layers.Clear();
        if (_model.Adapters == this)
        {
            _model.Adapters = null;
            SetFrozen(false);
        }
    }

    private void Switch(bool on)
    {
        foreach ((Projection _, LoraAdapter adapter) in _layers.Values)
            adapter.On = on;
    }

    // as DecoderWeights.LinearLayers
    private static IEnumerable<(string Path, Projection Layer)> Linear(Decoder model) => model.named_modules()
        .Where(item => item.module is Projection && item.name.StartsWith("model.layers.", StringComparison.Ordinal))
        .Select(item => (item.name, (Projection)item.module));

    private void SetFrozen(bool frozen)
    {
        foreach (Parameter parameter in _model.parameters())
            parameter.requires_grad_(!frozen);
    }

    private sealed class SwitchedOff(LoraAdapters adapters) : IDisposable
    {
        public void Dispose() => adapters.Switch(true);
    }
}

/// <summary>A low-rank update of one linear layer: scale · B · A beside its weight (Hu et al. 2021, eq. 3).</summary>
internal sealed class LoraAdapter : IDisposable
{
    private readonly double _scale;

    /// <summary>Zero matrices of the weight's dtype and device; they begin to matter when they are filled.</summary>
    /// <param name="weight">[outputs, inputs].</param>
    /// <param name="settings">Rank and scale.</param>
    public LoraAdapter(Tensor weight, LoraSettings settings)
    {
        _scale = settings.Scale;
        Down = Matrix(settings.Rank, weight.shape[1]);
        Up = Matrix(weight.shape[0], settings.Rank);

        Parameter Matrix(long rows, long columns)
        {
            var parameter = new Parameter(zeros(rows, columns, weight.dtype, weight.device));
            parameter.DetachFromDisposeScope();
            return parameter;
        }
    }

    /// <summary>A, [rank, inputs].</summary>
    public Parameter Down { get; }

    /// <summary>B, [outputs, rank].</summary>
    public Parameter Up { get; }

    /// <summary>Off: the layer is the base model's.</summary>
    public bool On { get; set; } = true;

    /// <summary>[…, outputs] of the layer and its input […, inputs] → […, outputs] with the update.</summary>
    public Tensor Added(Tensor output, Tensor input)
    {
        using var scope = NewDisposeScope();
        return output.add(functional.linear(functional.linear(input, Down), Up), _scale).MoveToOuterDisposeScope();
    }

    /// <summary>Adds the update to a weight in place; in narrow weights the sum is rounded once.</summary>
    public void MergeInto(Tensor weight)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        if (weight.dtype is ScalarType.Float32 or ScalarType.Float64)
            weight.add_(Up.mm(Down), _scale);
        else
            weight.copy_(weight.to(ScalarType.Float32).add_(Up.to(ScalarType.Float32).mm(Down.to(ScalarType.Float32)), _scale));
    }

    public void Dispose()
    {
        Down.Dispose();
        Up.Dispose();
    }
}
