using Alignment.Models;
using static TorchSharp.torch;

namespace Alignment.Training;

/// <summary>A policy in training on several ranks, each with its share of weights and optimiser, and its micro-batches.</summary>
internal sealed class ShardedTraining : ITrainingGoal, IDisposable
{
    private readonly IPolicyGoal _goal;
    private readonly TrainingSettings _settings;
    private readonly ShardedWeights _weights;
    private readonly ShardedGradient _gradient;
    private readonly IReadOnlyList<ShardedPiece> _pieces;

    /// <summary>Takes the model's parameters over until <see cref="Finish"/>.</summary>
    public ShardedTraining(ILanguageModel model, IPolicyGoal goal, TrainingSettings settings, SpeedSettings speed)
    {
        (_goal, _settings) = (goal, settings.Checked());
        Sources = [.. goal.Rows.Select(row => row.Source)];
        Plan = TrainingPlan.Shuffled(goal.Rows.Count, settings);
        _weights = new(model, speed.Ranks);
        _gradient = new(model, goal, speed, _weights);
        _pieces = _weights.Pieces();
        foreach (Tensor held in Held())
            held.DetachFromDisposeScope();
        Parameters = [new([.. _pieces.Select(piece => (piece.Name, piece.Master ?? piece.Weight))], settings.Rates())];
    }

    public string Name => _goal.Name;

    public IReadOnlyList<string> Sources { get; }

    public TrainingPlan Plan { get; }

    public IReadOnlyList<ParameterGroup> Parameters { get; }

    public long Tokens(int row) => _goal.Tokens(row);

    public BatchSums AddGradient(IReadOnlyList<int> batch, Action? gather = null)
    {
        _weights.Round();
        _weights.LayGradients(_pieces);
        BatchSums sums = _gradient.Add(batch);
        gather?.Invoke();
        return sums;
    }

    public IReadOnlyDictionary<string, Tensor> State() => _goal.State();

    public void Restore(IReadOnlyDictionary<string, Tensor> state) => _goal.Restore(state);

    public double? GradientNorm() => _weights.GradientNorm();

    // one rank's names, with where each piece begins
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, Tensor>> Checkpointed(ParameterGroups parameters)
    {
        _weights.Round();
        ShardedPiece[] held = [.. _pieces.Where(piece => piece.Weight.numel() > 0)];
        Dictionary<string, ShardedPiece> byName = _pieces.ToDictionary(piece => piece.Name);
        var optimiser = new Dictionary<string, Tensor>();
        foreach ((string key, Tensor tensor) in parameters.State())
        {
            ShardedPiece? piece = byName.GetValueOrDefault(key[(key.IndexOf('.', key.IndexOf('.') + 1) + 1)..]); // 0.exp_avg.NAME
            if (piece == null)
                optimiser.Add(key, tensor);
            else if (tensor.numel() > 0)
                optimiser.Add(CheckpointPieces.Key(key, piece.From), tensor);
        }

        foreach (ShardedPiece piece in held.Where(piece => piece.Master is not null))
            optimiser.Add(piece.Key("0." + Kernels.Optimiser.MasterAdamW.MasterKey), piece.Master!);
        return new Dictionary<string, IReadOnlyDictionary<string, Tensor>>
        {
            ["weights"] = held.ToDictionary(piece => piece.Key(), piece => piece.Weight),
            ["optimizer"] = optimiser,
        };
    }

    public IReadOnlyDictionary<string, Tensor> Averaged(ParameterGroups parameters) =>
        _pieces.Where(piece => piece.Weight.numel() > 0).ToDictionary(piece => piece.Key(), piece => piece.Master ?? piece.Weight);

    /// <summary>The model is whole again on every rank.</summary>
    public void Finish() => _weights.GiveBack();

    /// <summary>Frees the shares, and the pieces, which would keep their memory.</summary>
    public void Dispose()
    {
        foreach (Tensor held in Held())
            held.Dispose();
        _weights.Dispose();
    }

    private IEnumerable<Tensor> Held() => _pieces.SelectMany(piece => new[] { piece.Weight, piece.Master }).OfType<Tensor>();
}
