using Alignment.Models;
using Alignment.Objectives;
using Alignment.Recipes;
using Alignment.Training;

namespace Alignment.Sweeps;

/// <summary>The training of one point: what decides it, on every rank alike.</summary>
internal sealed class PointTraining(GridPoint point, Recipe recipe, SweepData data)
{
    private readonly Objective? _objective = point.Method == Grid.Sft ? null : Methods.Objective(point);

    /// <summary>Whether the loss reads what the reference pass has made.</summary>
    public bool ReadsReferencePass => _objective is { ReadsReferencePass: true };

    /// <summary>Whether a second model is needed beside the policy.</summary>
    public bool NeedsModel => _objective is { NeedsModel: true };

    /// <summary>Learning rate, epochs and the rest.</summary>
    public TrainingSettings Settings
    {
        get
        {
            StageGrid grid = Grid.Stage(recipe, point)!;
            PointValues at = PointValues.Of(point);
            return grid.Training with { LearningRate = at[Grid.LearningRate.Name], Epochs = (int)at[Grid.Epochs.Name], Seed = (ulong)at.Or(Grid.Seed, grid.Training.Seed) };
        }
    }

    /// <summary>The averages of its last checkpoints that the recipe asks for.</summary>
    public IReadOnlyList<WeightAverage> Averages => [.. Grid.OfTraining(recipe, point).Select(of => Grid.Average(recipe, of)).OfType<WeightAverage>()];

    /// <summary>Puts the recipe's adapters on a policy; null where all weights are trained.</summary>
    public LoraSettings? Attach(Decoder policy) => Grid.Lora(recipe, point) is { } given ? LoraAdapters.Attach(policy, given, Settings.Seed).Settings : null;

    /// <summary>Data and loss.</summary>
    /// <param name="reference">Where it is needed.</param>
    /// <param name="beside">Where <see cref="NeedsModel"/>.</param>
    public IPolicyGoal Goal(ReferenceLogProbs? reference, ModelBeside? beside = null) => _objective == null ? new SftGoal(data.SftRows)
        : data.Labelled is { } labelled ? new LabelledGoal(_objective.OnLabels!, labelled, reference!)
        : new PreferenceGoal(_objective, data.Training, reference, Settings.Seed, beside);
}
