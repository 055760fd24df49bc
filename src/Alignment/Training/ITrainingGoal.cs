using static TorchSharp.torch;

namespace Alignment.Training;

/// <summary>What a run trains, on which data and by which loss: all that <see cref="Trainer"/> knows of it.</summary>
internal interface ITrainingGoal
{
    /// <summary>"SFT", the objective's name, or "gold".</summary>
    string Name { get; }

    /// <summary>Where each row of the data comes from, to name it in an error.</summary>
    IReadOnlyList<string> Sources { get; }

    /// <summary>Batches and step sizes.</summary>
    TrainingPlan Plan { get; }

    /// <summary>The parameters that training changes; those of one group share AdamW's rates.</summary>
    IReadOnlyList<ParameterGroup> Parameters { get; }

    /// <summary>Real tokens a row puts through the model.</summary>
    long Tokens(int row);

    /// <summary>Adds the gradient of a batch's loss to that of the parameters.</summary>
    /// <param name="batch">Rows.</param>
    /// <param name="gather">Called after each backward pass, and may take away what that left on the parameters; null: all stays there and adds up.</param>
    /// <exception cref="NotFiniteNumberException">The loss is NaN or infinite.</exception>
    BatchSums AddGradient(IReadOnlyList<int> batch, Action? gather = null);

    /// <summary>Told after each optimiser step, so many in all.</summary>
    void EndStep(long step)
    {
    }

    /// <summary>Told after the last step of each epoch; true ends training before its last epoch.</summary>
    bool EndEpoch() => false;

    /// <summary>The norm of the batch's gradient, where the goal's parameters are pieces of what is trained; null: that of the parameters' gradients.</summary>
    double? GradientNorm() => null;

    /// <summary>Told after the last step, when the optimiser is gone.</summary>
    void Finish()
    {
    }

    /// <summary>Weights and optimiser as a checkpoint holds them.</summary>
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, Tensor>> Checkpointed(ParameterGroups parameters) =>
        new Dictionary<string, IReadOnlyDictionary<string, Tensor>> { ["weights"] = parameters.Weights, ["optimizer"] = parameters.State() };

    /// <summary>The float32 weights of which averages are taken, by their names in a checkpoint.</summary>
    IReadOnlyDictionary<string, Tensor> Averaged(ParameterGroups parameters) => parameters.Masters();

    /// <summary>What a checkpoint holds besides weights and optimiser: tensors of the caller's scope or the goal's own, by name.</summary>
    IReadOnlyDictionary<string, Tensor> State() => new Dictionary<string, Tensor>();

    /// <summary>Goes on from a state: that of <see cref="State"/>, its tensors filled from a checkpoint.</summary>
    void Restore(IReadOnlyDictionary<string, Tensor> state)
    {
    }
}
